SET ROLE research;

CREATE TABLE experiments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    model text NOT NULL,
    prompt text NOT NULL DEFAULT '',
    parameters jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'created',
    created_at timestamptz NOT NULL DEFAULT now()
);
