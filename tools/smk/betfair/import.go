package betfair

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/tools/smk/folder"
)

// Config says what is imported.
type Config struct {
	Files []string // plain, bzip2 or gzip, each in the order of its times; they may overlap
	Dir   string   // of the journal, which has to be new

	// MalformedMax is how many lines may be malformed; 0 is any number.
	MalformedMax int
}

// Report is what an import came to.
type Report struct {
	Lines       int      `json:"lines"`
	Malformed   int      `json:"malformed"`
	Named       []string `json:"malformed_lines"` // the first of them
	Markets     int      `json:"markets"`
	Messages    int      `json:"messages"`
	Trades      int      `json:"trades"`
	Handicaps   int      `json:"handicaps"` // changes of runners with a handicap, which are left out
	Ignored     int      `json:"ignored"`   // changes of markets after their end, or beyond the limit
	Approximate []string `json:"approximate"`
}

// namedMax is how many malformed lines are named.
const namedMax = 20

// Approximations says what of an imported journal is not as the exchange's.
var Approximations = []string{
	"which side of a trade was resting is guessed from the best prices before it",
	"traded volume counts both sides and is halved",
	"changes are conflated, so what was cancelled and what was added in one step cannot be told apart",
	"decimal odds are rounded to hundredths of a percent; where prices are low several of them become one",
	"only the five best levels of a side are written",
	"after a runner is removed, what can be won is reduced by its adjustment, and not the odds",
}

// ErrMalformed is the error of an import with more malformed lines than allowed.
var ErrMalformed = errors.New("too many malformed lines")

// ErrNothing is the error of an import that found no market. It leaves no journal.
var ErrNothing = errors.New("no changes of a market")

// Import writes a journal. The report says how far it came. An import that fails leaves no journal: half of one looks
// like a whole one.
func Import(ctx context.Context, c Config) (report *Report, err error) {
	report = &Report{Named: []string{}, Approximate: Approximations}
	for _, name := range c.Files { // before anything is made
		if _, err := os.Stat(name); err != nil {
			return report, err
		}
	}
	release, err := folder.Take(c.Dir, 0o700)
	if err != nil {
		return report, err
	}
	if err = c.write(ctx, report); err != nil {
		return report, errors.Join(err, os.RemoveAll(c.Dir)) // which was not there, or empty
	}
	return report, release()
}

// write writes the journal into its folder.
func (c *Config) write(ctx context.Context, report *Report) error {
	clock := func() int64 { return 0 }
	j, err := journal.Open(journal.Config{
		Dir: c.Dir, Name: "approximate: from Betfair", OnFull: journal.FullWait, WaitMax: time.Hour,
		OnFailure: journal.FailStop, Durability: journal.SyncNone,
		Clock: clock, Wall: clock, // records have the times of the file
	})
	if err != nil {
		return err
	}
	w := &writer{rec: j.Recorder()}
	convert := &converter{
		markets: make(map[uint32]*market), report: report, out: w.inbound, begin: w.subscribe, named: w.named,
	}
	m := &merge{ctx: ctx, malformedMax: c.MalformedMax, convert: convert}
	err = errors.Join(m.run(c.Files), m.close())
	w.end()
	err = errors.Join(err, j.Close())
	if err == nil && report.Messages == 0 {
		err = fmt.Errorf("%w in %d lines, %d of them malformed", ErrNothing, report.Lines, report.Malformed)
	}
	return err
}

// decompress finds out how a file is compressed.
func decompress(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(3)
	switch {
	case err != nil && err != io.EOF:
		return nil, err
	case bytes.HasPrefix(head, []byte("BZh")):
		return bzip2.NewReader(r), nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzip.NewReader(r)
	}
	return r, nil
}

var errLong = fmt.Errorf("is longer than %d bytes", lineBytesMax)

// readLine reads a line. Of one that is too long it reads all and returns errLong.
func readLine(r *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, more, err := r.ReadLine()
		if !long {
			line = append(line, part...)
		}
		if len(line) > lineBytesMax {
			long, line = true, line[:0]
		}
		if err != nil || !more {
			if long {
				err = errLong
			}
			return line, err
		}
	}
}
