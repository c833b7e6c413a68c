package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/alecthomas/kong"
)

// checkJournals reports a folder without a journal among the arguments of a command that reads journals: a folder that
// is not the one that was meant would else be a journal of which nothing is missing. Only journalCat's --follow waits
// for one.
func checkJournals(parsed *kong.Context) error {
	for _, flag := range parsed.Selected().Flags {
		if flag.Name == "follow" && flag.Target.Bool() {
			return nil
		}
	}
	for _, arg := range parsed.Selected().Positional {
		if err := checkJournal(arg.Target.String()); err != nil {
			return err
		}
	}
	return nil
}

// checkJournal reports a folder without a journal.
func checkJournal(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(files, func(f os.DirEntry) bool { return filepath.Ext(f.Name()) == segmentExtension }) {
		return fmt.Errorf("%s: there is no journal in this folder", dir)
	}
	return nil
}
