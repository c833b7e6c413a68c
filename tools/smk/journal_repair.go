package main

import (
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
func (c *journalRepair) Run(std stdio) error {
	r, err := journal.Repair(c.Dir, c.Output, journal.ReaderConfig{})
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
