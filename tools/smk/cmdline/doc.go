// Package cmdline writes completions for bash, zsh and fish, and manual pages, from the commands and flags that kong
// knows.
package cmdline
