// Package screens has the tests that look at what people see: the dashboard in a real Chromium, smk watch in a terminal
// that tmux keeps. scripts/screens.sh installs what they need and runs them; without it they fail and say so.
//
// They drive the program as it is built, beside an exchange and a bot of their own, and leave pictures.
package screens
