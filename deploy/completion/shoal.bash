# Completes the commands and options of `shoal` in bash. Installed to
# share/bash-completion/completions/shoal. To try it, source this file.

# Prints the argument of -c or --config on the line, if there is one.
_shoal_config() {
  local i
  for ((i = 1; i < COMP_CWORD - 1; ++i)); do
    case ${COMP_WORDS[i]} in
      -c | --config) printf '%s\n' "${COMP_WORDS[i + 1]}" && return ;;
    esac
  done
}

# Prints the groups of the modules that are in the apps folder now.
_shoal_groups() {
  local config
  config=$(_shoal_config)
  "${COMP_WORDS[0]}" check ${config:+-c "$config"} 2>/dev/null |
    sed -n 's/^\(group\|pinned\) *\([^:]*\):.*/\2/p'
}

# _shoal_offer WORDS: offers those that begin with the word on the line.
_shoal_offer() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

_shoal() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _shoal_offer "serve check drop probe status reload history rollback -h --help --version"
    return
  fi
  case $before in
    -c | --config | --apps)
      compopt -o filenames 2>/dev/null
      local what=-f
      [[ $before != --apps ]] || what=-d
      mapfile -t COMPREPLY < <(compgen "$what" -- "$word")
      return
      ;;
    --as | --wait) return ;;  # a name that only its author knows, a duration
  esac
  local options="-h --help"
  case ${COMP_WORDS[1]} in
    serve) options+=" -c --config" ;;
    reload | rollback) options+=" -c --config --wait --json" ;;
    history) options+=" -c --config --json" ;;
    check) options+=" -c --config --probe" ;;
    drop) options+=" -c --config --as --wait --no-wait --json --apps" ;;
    probe) options+=" -c --config --json" ;;
    status) options+=" -c --config --json --watch --ready" ;;
  esac
  if [[ $word == -* ]]; then
    _shoal_offer "$options"
    return
  fi
  case ${COMP_WORDS[1]} in
    drop | probe)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    reload | history | rollback) _shoal_offer "$(_shoal_groups)" ;;
  esac
}

complete -F _shoal shoal
