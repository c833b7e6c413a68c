// Package filelock locks a file for as long as a process lives.
package filelock
