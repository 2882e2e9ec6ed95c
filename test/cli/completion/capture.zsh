# zsh -f capture.zsh SCRIPT LINE: what zsh offers when Tab is pressed at the end of a line, one a line. Completion only
# runs where somebody types, so a second shell is typed at.
zmodload zsh/zpty || exit 3
export STARLING_COMPLETION=$1
setup=$(mktemp)
cat >$setup <<'END'
PROMPT=
autoload -Uz compinit
compinit -D -u
bindkey '^M' undefined
bindkey '^J' undefined
bindkey '^I' complete-word
mark () { echo -E - $'\0' }
compprefuncs=( mark )
comppostfuncs=( mark exit )
zstyle ':completion:*' list-grouped false
zstyle ':completion:*' insert-tab false
compadd () {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return $?
  fi
  local -a hits
  builtin compadd -A hits "$@"
  builtin compadd "$@"
  local hit
  for hit in $hits; do echo -E - "$IPREFIX$hit"; done
}
source $STARLING_COMPLETION
echo ready
END
zpty typed zsh -f -i
zpty -w typed "source $setup"
local line
repeat 100; do
  zpty -r typed line
  [[ $line == ready* ]] && break
done
rm -f $setup
zpty -w typed "$2"$'\t'
integer marks=0
while zpty -r typed; do :; done | while IFS= read -r line; do
  if [[ $line == *$'\0\r' ]]; then
    (( marks++ )) && return 0
  elif (( marks )); then
    echo -E - ${line%$'\r'}
  fi
done
exit 2
