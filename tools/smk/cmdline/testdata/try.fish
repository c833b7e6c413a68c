# Completions of try for fish, written by try completion fish.

function __try_at
	set -l at try
	for word in (commandline -opc)[2..]
		switch "$at $word"
			case 'try serve' 'try box' 'try box open' 'try box shut'
				set at "$at $word"
		end
	end
	test "$at" = "$argv"
end

complete -c try -f
complete -c try -n '__try_at try' -a serve -d 'Serve, don\'t stop: it\'s [quick].'
complete -c try -n '__try_at try' -a box -d 'Open and shut boxes.'
complete -c try -n '__try_at try' -l help -s h -d 'Show context-sensitive help.'
complete -c try -n '__try_at try serve' -l help -s h -d 'Show context-sensitive help.'
complete -c try -n '__try_at try serve' -l output -s o -r -F -d 'Where to write.'
complete -c try -n '__try_at try serve' -l count -x -d 'How many (3).'
complete -c try -n '__try_at try serve' -l type -x -d 'Several types.'
complete -c try -n '__try_at try serve' -l quick -d 'Without \\ delay.'
complete -c try -n '__try_at try box' -a open -d 'Open a box.'
complete -c try -n '__try_at try box' -a shut -d 'Shut a box.'
complete -c try -n '__try_at try box' -l help -s h -d 'Show context-sensitive help.'
complete -c try -n '__try_at try box open' -l help -s h -d 'Show context-sensitive help.'
complete -c try -n '__try_at try box open' -l to -x -a 'csv jsonl' -d 'Format.'
complete -c try -n '__try_at try box open' -a '(__fish_complete_directories)'
complete -c try -n '__try_at try box shut' -l help -s h -d 'Show context-sensitive help.'
