package prove

import (
	"fmt"
	"io"
	"sync"

	"github.com/smk-go/smk/internal/marks"
)

// CountsMarks reports whether days count marks: whether the program is built with the tag smkmarks.
const CountsMarks = marks.Enabled

// Coverage is which marks days have reached, and which of them first. Its methods may be called at the same time.
type Coverage struct {
	lock  sync.Mutex
	first map[marks.Mark]uint64 // the lowest seed
	days  map[marks.Mark]int
}

// NewCoverage returns a coverage of no days.
func NewCoverage() *Coverage {
	return &Coverage{first: make(map[marks.Mark]uint64), days: make(map[marks.Mark]int)}
}

// Add adds a day.
func (c *Coverage) Add(seed uint64, r *Result) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, m := range r.Marks {
		if c.days[m] == 0 || seed < c.first[m] {
			c.first[m] = seed
		}
		c.days[m]++
	}
}

// Missing returns the marks that no day has reached, but for those that no day can reach; see [marks.Elsewhere].
func (c *Coverage) Missing() (missing []marks.Mark) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for m := range marks.Count {
		if c.days[m] == 0 && marks.Elsewhere[m] == "" {
			missing = append(missing, m)
		}
	}
	return missing
}

// Write writes a line for each mark, and how many were reached. It writes nothing if none are counted.
func (c *Coverage) Write(to io.Writer) {
	if !CountsMarks {
		return
	}
	missing := c.Missing()
	c.lock.Lock()
	defer c.lock.Unlock()
	for m := range marks.Count {
		switch {
		case c.days[m] > 0:
			_, _ = fmt.Fprintf(to, "mark %v: %d days, first by seed %d\n", m, c.days[m], c.first[m])
		case marks.Elsewhere[m] != "":
			_, _ = fmt.Fprintf(to, "mark %v: by the test %s\n", m, marks.Elsewhere[m])
		}
	}
	for _, m := range missing {
		_, _ = fmt.Fprintf(to, "mark %v: NOT REACHED\n", m)
	}
	_, _ = fmt.Fprintf(to, "%d of %d marks reached by days, %d by tests alone, %d not reached\n",
		len(c.days), marks.Count, marks.Count-marks.Mark(len(c.days)+len(missing)), len(missing))
}
