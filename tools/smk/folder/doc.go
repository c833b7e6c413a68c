// Package folder keeps a folder for one run of a command.
package folder
