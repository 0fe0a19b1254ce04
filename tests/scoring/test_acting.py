"""What counts as acting on the target, and what is only looking at it."""

import pytest

from scoring.scorecard.acting import is_change

ACTS = """
kubectl apply -f x.yaml
kubectl -n shop rollout restart deployment/api
kubectl --context kind-a --namespace=shop scale deploy api --replicas=3
kubectl get pods -o name | xargs kubectl delete
for p in $(kubectl get pods -o name); do kubectl delete $p; done
/usr/local/bin/kubectl patch deploy api -p '{"spec": {}}'
kubectl exec deploy/db -- psql -c "SELECT pg_terminate_backend(42)"
psql "$DATABASE_URL" -c 'ALTER SYSTEM SET max_connections = 200'
psql -Atc "UPDATE feature SET is_on = false"
valkey-cli -h cache FLUSHALL
redis-cli config set maxmemory 1gb
helm -n shop rollback api 3
docker compose restart api
sudo systemctl restart nginx
kill -9 4711
curl -sS -X POST http://admin/reset
terraform apply -auto-approve
""".strip().splitlines()
LOOKS = """
kubectl get pods -l app=delete
kubectl -n shop describe deploy api
kubectl logs deploy/api --since=5m | grep -i restart
kubectl rollout status deployment/api
kubectl rollout history deployment/scale
kubectl top pods
kubectl apply -f x.yaml --dry-run=server
kubectl auth can-i delete pods
psql -c 'SELECT count(*) FROM pg_stat_activity'
valkey-cli -h cache info memory
redis-cli get set
helm history api
docker ps | grep running
systemctl status nginx
curl -sS http://api/health
echo "kubectl delete" is what I would do
""".strip().splitlines()


@pytest.mark.parametrize("command", ACTS)
def test_a_change_is_seen(command: str) -> None:
    assert is_change(command)


@pytest.mark.parametrize("command", LOOKS)
def test_a_look_is_no_change(command: str) -> None:
    assert not is_change(command)


def test_any_line_of_a_script_may_be_the_change() -> None:
    assert is_change("kubectl get pods\nkubectl \\\n  -n shop delete pod api-1\n")
    assert not is_change("kubectl get pods # then kubectl delete pod api-1")
