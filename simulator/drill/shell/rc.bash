# Read by the bash of `gameday shell` in place of ~/.bashrc: it looks the same for everybody, and nothing is in the way
# of the marks that tell commands and their output apart (marks.py). A word that ends each mark is known to this shell
# only, and not to the programs in it.

__gameday_word=$GAMEDAY_SHELL_WORD
__gameday_file=$GAMEDAY_SHELL_TIME
unset GAMEDAY_SHELL_WORD GAMEDAY_SHELL_TIME HISTFILE PROMPT_COMMAND PS0 PS1
shopt -s checkwinsize cmdhist lithist
set -o history

# The command that was just read, all lines of it, with what a terminal would change as %hh.
__gameday_began() {
    local typed line='^ *[0-9]+[* ] (.*)$'
    typed=$(HISTTIMEFORMAT='' builtin history 1)
    [[ $typed =~ $line ]] && typed=${BASH_REMATCH[1]}
    [[ -o history ]] || typed='(not known: the history is off)'
    typed=${typed//[%]/%25}
    typed=${typed//$'\e'/%1b}
    typed=${typed//$'\a'/%07}
    typed=${typed//$'\n'/%0a}
    typed=${typed//$'\r'/%0d}
    typed=${typed//$'\t'/%09}
    builtin printf '\e]633;E;%s;%s\a' "$typed" "$__gameday_word"
}

# Sets __gameday_time: drill time since the page.
__gameday_tell_time() {
    local state= figure= factor= now= minutes=
    __gameday_time=
    [[ -r $__gameday_file ]] && read -r state figure factor <"$__gameday_file"
    case $state in
        running)
            builtin printf -v now '%(%s)T' -1
            minutes=$(((now * 1000 - figure) * factor / 60000000))
            ;;
        stopped) minutes=$((figure / 60)) ;;
        over) __gameday_time=' (over)' && return ;;
        *) return ;;
    esac
    if ((minutes < 60)); then __gameday_time=" ${minutes}m"; else
        builtin printf -v __gameday_time ' %dh%02dm' $((minutes / 60)) $((minutes % 60))
    fi
    [[ $state == stopped ]] && __gameday_time+=' (clock stopped)'
    return 0
}

__gameday_prompt() {
    local status=$?
    builtin printf '\e]633;D;%s;%s\a' "$status" "$__gameday_word" >/dev/tty
    __gameday_tell_time
    HISTCONTROL= HISTIGNORE=
    PS0='$(__gameday_began >/dev/tty)'
    PS1='\[\e[1m\]gameday\[\e[0m\]$__gameday_time \$ '
}
PROMPT_COMMAND=__gameday_prompt

# kubectl completes as it does elsewhere, from the first Tab on, where bash-completion is installed.
__gameday_complete_kubectl() {
    local place
    for place in /usr/share/bash-completion/bash_completion /opt/homebrew/etc/profile.d/bash_completion.sh; do
        [[ -r $place ]] && . "$place" && break
    done
    declare -F _get_comp_words_by_ref >/dev/null && . <(kubectl completion bash) && return 124
}
complete -o default -F __gameday_complete_kubectl kubectl
