# completion.bash - for bash: the commands and options of moesweep, moetrain, moelaw and moeplot, asked of themselves.
_moelaw_complete() {
  local program=$1 word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words
  if [[ $word == -* ]]; then
    [[ $command == -* ]] && command=
    words=$("$program" ${command:+"$command"} --help 2>/dev/null | grep -o -- '--[a-z][a-z0-9-]*' | sort -u)
  elif [ "$COMP_CWORD" = 1 ]; then
    words=$("$program" --help 2>/dev/null | sed -n '/^commands:/,/^$/s/^  *\([a-z]*\) .*/\1/p')
  fi
  mapfile -t COMPREPLY < <(compgen -W "${words:-}" -- "$word")
}
complete -o default -F _moelaw_complete moesweep moetrain moelaw moeplot
