package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/prove"
)

// proveReport is what came of many days, for machines.
type proveReport struct {
	From     uint64       `json:"from"` // the first seed
	Seeds    uint64       `json:"seeds"`
	Days     uint64       `json:"days"` // that were run
	Failed   uint64       `json:"failed"`
	Seconds  float64      `json:"seconds"`
	Virtual  float64      `json:"virtual_seconds"`
	Messages uint64       `json:"messages"`
	Requests uint64       `json:"requests"`
	Fills    uint64       `json:"fills"`
	Logins   uint64       `json:"logins"`
	Digest   string       `json:"digest"`
	Small    []smallWorld `json:"small_worlds"`
	Failures []failedDay  `json:"failures"`
	Missing  []string     `json:"missing_marks,omitempty"` // counted by programs that count marks
}

// smallWorld is a world of which all histories were tried.
type smallWorld struct {
	Script    string `json:"script"`
	Histories int    `json:"histories"`
}

// failedDay is a day that failed, shortened.
type failedDay struct {
	Seed     uint64 `json:"seed"`
	Failure  string `json:"failure"`
	Schedule string `json:"schedule"`
}

// fill takes over the sums.
func (r *proveReport) fill(t *proveTotals, took time.Duration, reached *prove.Coverage) {
	r.Days, r.Failed, r.Seconds = t.days.Load(), t.failed.Load(), took.Seconds()
	r.Virtual = time.Duration(t.virtual.Load()).Seconds()
	r.Messages, r.Requests, r.Fills, r.Logins = t.messages.Load(), t.sent.Load(), t.fills.Load(), t.logins.Load()
	r.Digest = fmt.Sprintf("%016x", t.digests.Load())
	if prove.CountsMarks {
		for _, m := range reached.Missing() {
			r.Missing = append(r.Missing, fmt.Sprint(m))
		}
	}
}

// proveTotals are sums over days.
type proveTotals struct {
	days, failed, messages, sent, fills, logins, virtual atomic.Uint64
	digests                                              atomic.Uint64
}

func (t *proveTotals) add(r *prove.Result) {
	t.days.Add(1)
	t.messages.Add(r.Messages)
	t.sent.Add(r.Sent)
	t.fills.Add(r.Fills)
	t.logins.Add(r.Logins)
	t.virtual.Add(uint64(r.Lasted))
	t.digests.Add(r.Digest) // the sum of all does not depend on the order
	if r.Failure != nil {
		t.failed.Add(1)
	}
}

func (t *proveTotals) write(w io.Writer, took time.Duration) {
	days := t.days.Load()
	fmt.Fprintf(
		w,
		"%d days, %d failed, %.1f a second; %v of virtual time, %d messages, %d requests, %d fills, %d logins; "+
			"digest %016x\n",
		days,
		t.failed.Load(),
		float64(days)/took.Seconds(),
		time.Duration(t.virtual.Load()).Round(time.Second),
		t.messages.Load(),
		t.sent.Load(),
		t.fills.Load(),
		t.logins.Load(),
		t.digests.Load(),
	)
}
