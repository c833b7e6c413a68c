# Completions of try for bash, written by try completion bash.
_try() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at=try i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$at ${COMP_WORDS[i]}" in
		'try serve' | \
			'try box' | \
			'try box open' | \
			'try box shut') at+=" ${COMP_WORDS[i]}" ;;
		esac
	done
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	COMPREPLY=()
	case "$at $prev" in
	'try serve --output' | 'try serve -o') mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	'try serve --count')  return ;;
	'try serve --type')  return ;;
	'try box open --to') mapfile -t COMPREPLY < <(compgen -W 'csv jsonl' -- "$cur"); return ;;
	esac
	case $at in
	'try')
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--help -h' -- "$cur");
		else
			mapfile -t COMPREPLY < <(compgen -W 'serve box' -- "$cur");
		fi
		;;
	'try serve')
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--help -h --output -o --count --type --quick' -- "$cur");
		fi
		;;
	'try box')
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--help -h' -- "$cur");
		else
			mapfile -t COMPREPLY < <(compgen -W 'open shut' -- "$cur");
		fi
		;;
	'try box open')
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--help -h --to' -- "$cur");
		else
			mapfile -t COMPREPLY < <(compgen -d -- "$cur");
		fi
		;;
	'try box shut')
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '--help -h' -- "$cur");
		fi
		;;
	esac
}
complete -o filenames -F _try try
