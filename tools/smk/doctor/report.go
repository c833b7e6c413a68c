package doctor

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Status is what a check found.
type Status string

// The values of Status.
const (
	OK   Status = "ok"
	Warn Status = "warn" // works, but not well, or not for long
	Fail Status = "fail" // a bot cannot start, log in or trade
	Skip Status = "skip" // not checked; Measured says why
)

// Check is one thing that was checked.
type Check struct {
	Name     string   `json:"name"`
	Status   Status   `json:"status"`
	Measured string   `json:"measured"`          // with units; the reason of a Skip
	Do       string   `json:"do,omitempty"`      // what to do about a Warn or a Fail
	Details  []string `json:"details,omitempty"` // more of what was measured

	// Values are the measured numbers; a name ends in its unit, if it has one.
	Values map[string]float64 `json:"values,omitempty"`
}

func ok(name, format string, args ...any) Check {
	return Check{Name: name, Status: OK, Measured: fmt.Sprintf(format, args...)}
}

func skip(name, format string, args ...any) Check {
	return Check{Name: name, Status: Skip, Measured: fmt.Sprintf(format, args...)}
}

// warn returns the check as a Warn, with what to do.
func (c Check) warn(do string) Check {
	c.Status, c.Do = Warn, do
	return c
}

// fail returns the check as a Fail, with what to do.
func (c Check) fail(do string) Check {
	c.Status, c.Do = Fail, do
	return c
}

// value notes a measured number.
func (c *Check) value(name string, v float64) {
	if c.Values == nil {
		c.Values = make(map[string]float64)
	}
	c.Values[name] = v
}

// Setting is a value and where it comes from.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`  // as it was written, "set" or "unset" for a credential, "" for another default
	Origin string `json:"origin"` // "bot.conf:3", "environment SMK_ADDRESS", "flag --address" or "default"
}

// Report is what all checks found, in their order.
type Report struct {
	Healthy  bool      `json:"healthy"` // no check failed
	Address  string    `json:"address"` // "" if the settings cannot be read
	TLS      bool      `json:"tls"`
	Checks   []Check   `json:"checks"`
	Files    []string  `json:"files"` // of settings, as they were read: a later one wins
	Settings []Setting `json:"settings"`
}

// add appends a check.
func (r *Report) add(c Check) {
	if (c.Status == Warn || c.Status == Fail) != (c.Do != "") {
		panic("BUG: doctor: " + c.Name + " is " + string(c.Status) + " and says " + c.Do)
	}
	r.Healthy = r.Healthy && c.Status != Fail
	r.Checks = append(r.Checks, c)
}

// Count returns how many checks have a status.
func (r *Report) Count(s Status) (n int) {
	for i := range r.Checks {
		if r.Checks[i].Status == s {
			n++
		}
	}
	return n
}

// WriteText writes the report for people: a line for each check, and what to do below it. With defaults it lists the
// settings that nobody set, too.
func (r *Report) WriteText(w io.Writer, defaults bool) error {
	var b strings.Builder
	for i := range r.Checks {
		c := &r.Checks[i]
		fmt.Fprintf(&b, "%-5s %-11s %s\n", c.Status, c.Name, c.Measured)
		for _, line := range c.Details {
			fmt.Fprintf(&b, "%18s%s\n", "", line)
		}
		if c.Name == nameSettings {
			r.writeSettings(&b, defaults)
		}
		if c.Do != "" {
			fmt.Fprintf(&b, "%16s> %s\n", "", c.Do)
		}
	}
	verdict := "healthy"
	if !r.Healthy {
		verdict = "unhealthy"
	}
	fmt.Fprintf(&b, "%s: %d ok, %s, %d failed, %d skipped\n", verdict, r.Count(OK),
		plural(r.Count(Warn), "warning", "warnings"), r.Count(Fail), r.Count(Skip))
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) writeSettings(b *strings.Builder, defaults bool) {
	for _, s := range r.Settings {
		switch {
		case s.Origin != originDefault || s.Value != "" && defaults:
			fmt.Fprintf(b, "%18s%s = %s (%s)\n", "", s.Name, s.Value, s.Origin)
		case defaults:
			fmt.Fprintf(b, "%18s%s (%s)\n", "", s.Name, s.Origin)
		}
	}
}

// rounded returns a duration with three or four digits.
func rounded(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 10_000 {
		unit *= 10
	}
	return d.Round(unit)
}

// plural returns "1 file" or "2 files".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
