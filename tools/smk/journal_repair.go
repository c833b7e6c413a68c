package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/smk-go/smk/journal"
)

type journalRepair struct {
	journalDir
	Output string `short:"o" required:"" placeholder:"DIR" help:"Folder of the copy; it must have no journal."`
}

// repaired is the result for machines.
type repaired struct {
	Segments int    `json:"segments"`
	Records  uint64 `json:"records"`
	LastSeq  uint64 `json:"last_seq"`
	LeftOut  int64  `json:"bytes_left_out"`
	Damage   string `json:"damage,omitempty"`
}

// Run copies a journal up to its damage.
func (c *journalRepair) Run(ctx context.Context, std stdio) error {
	r, err := journal.Repair(c.Dir, c.Output, journal.ReaderConfig{FS: interruptedFS{ctx: ctx}})
	if err != nil {
		return err
	}
	o := repaired{Segments: r.Segments, Records: r.Records, LastSeq: r.LastSeq, LeftOut: r.LeftOut}
	if r.Damage != nil {
		o.Damage = r.Damage.Error()
	}
	if c.JSON {
		return json.NewEncoder(std.out).Encode(o)
	}
	if r.Damage == nil {
		_, err = fmt.Fprintf(std.out, "no damage; %d records copied\n", r.Records)
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s\n%d records in %d segments copied, up to number %d; %d bytes behind the "+
		"damage left out\n",
		o.Damage, r.Records, r.Segments, r.LastSeq, r.LeftOut)
	return err
}

// interruptedFS is the system's file system until a context ends: nothing is read then, so that what copies ends.
type interruptedFS struct {
	journal.OS
	ctx context.Context
}

// Open implements journal.FS.
func (fs interruptedFS) Open(name string, flag int) (journal.File, error) {
	f, err := fs.OS.Open(name, flag)
	if err != nil {
		return nil, err
	}
	return &interruptedFile{f, fs.ctx}, nil
}

type interruptedFile struct {
	journal.File
	ctx context.Context
}

// ReadAt implements io.ReaderAt.
func (f *interruptedFile) ReadAt(b []byte, off int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, off)
}
