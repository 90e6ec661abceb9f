"""The completion scripts for bash, zsh and fish: each calls `lab completion answer` and shows its output.

A complete word is followed by a space; after `=`, `.` and `/` the word continues, which fish handles on its own.
"""

BASH = """\
# Completion of `lab` in bash: source <(lab completion bash)
_lab() {
  local line=${COMP_LINE:0:COMP_POINT} words word cut found
  read -r -a words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${words[${#words[@]}-1]}
  [[ $COMP_WORDBREAKS == *=* ]] && cut=${word%"${word##*=}"}
  COMPREPLY=()
  while IFS= read -r found; do
    [[ $found == *[=./] ]] && compopt -o nospace 2> /dev/null
    found=$(printf %q "${found#"$cut"}")
    COMPREPLY+=("$found")
  done < <("${words[0]}" completion answer "${words[@]:1}" 2> /dev/null)
}
complete -F _lab lab
"""

ZSH = """\
#compdef lab
# Completion of `lab` in zsh, below compinit: source <(lab completion zsh)
_lab() {
  local -a found
  found=("${(@f)$("${words[1]}" completion answer "${(@)words[2,CURRENT]}" 2> /dev/null)}")
  compadd -S "" -- ${(M)found:#*[=./]}
  compadd -- ${found:#*[=./]}
}
compdef _lab lab
"""

FISH = """\
# Completion of `lab` in fish: lab completion fish | source
function __lab
    set -l words (commandline -opc) (commandline -ct)
    $words[1] completion answer $words[2..-1] 2>/dev/null
end
complete -c lab -f -a '(__lab)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""The script of each shell that can complete."""
