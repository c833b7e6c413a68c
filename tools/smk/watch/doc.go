// Package watch shows what package screen makes of a journal in a terminal. It says by words and signs whatever it says
// by colour, for terminals without.
package watch
