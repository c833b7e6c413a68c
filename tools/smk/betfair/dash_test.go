package betfair

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/tools/smk/dash"
	"github.com/smk-go/smk/tools/smk/screen"
)

// TestDash imports files and shows the journals on the dashboard: its first picture, and the pictures of the past after
// each line, have the books that the twin has.
func TestDash(t *testing.T) {
	sample, err := os.ReadFile("testdata/match.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sample", func(t *testing.T) {
		d := showImport(t, bytes.Split(bytes.TrimSpace(sample), []byte("\n")))
		p := d.compare()
		if s := p.Strip; s.Session != "imported" || s.Lacks != "" || s.Ended == "" || s.Run != 1 {
			t.Errorf("the session is shown as %+v", s)
		}
		if m := p.Money; m.Known || m.Drifting || p.Strip.Orders+int(p.Strip.Fills) != 0 {
			t.Errorf("an account is shown: %+v", m)
		}
		if !strings.HasPrefix(p.Name, "approximate") {
			t.Errorf("the journal is shown as %q", p.Name)
		}
		names := map[uint32]string{47972: "Northbridge", 58805: "The Draw", 47999: "Southport Rovers"}
		for i := range p.Contracts {
			if c := &p.Contracts[i]; c.Name != names[c.ID] || c.Exchange != "settled" {
				t.Errorf("runner %d is shown as %q, %s", c.ID, c.Name, c.Exchange)
			}
		}
	})
	t.Run("random", func(t *testing.T) { showImport(t, randomLines(t, 7)).compare() })
}

// shownImport is an imported journal on a dashboard.
type shownImport struct {
	t    *testing.T
	all  []*change
	url  string
	live *screen.Live
}

func showImport(t *testing.T, lines [][]byte) *shownImport {
	t.Helper()
	d := &shownImport{t: t}
	for _, line := range lines {
		if ch, err := parse(line); err == nil {
			d.all = append(d.all, ch)
		}
	}
	file, dir := filepath.Join(t.TempDir(), "lines"), filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(file, bytes.Join(lines, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(t.Context(), Config{Files: []string{file}, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	d.live = screen.NewLive(dir, screen.Options{Past: true})
	server, err := dash.Listen("127.0.0.1:0", dash.Config{Live: d.live})
	if err != nil {
		t.Fatal(err)
	}
	d.url = server.URL()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return d
}

// compare compares the books and returns the newest picture.
func (d *shownImport) compare() *screen.Picture {
	d.t.Helper()
	newest := d.newest()
	levels := 0
	for n, ch := range d.all {
		if n+1 < len(d.all) && d.all[n+1].Time == ch.Time {
			continue // the picture is that after the later line
		}
		levels += d.check(d.past(ch.Time), d.all[:n+1])
	}
	d.check(newest, d.all)
	if levels < 50 {
		d.t.Errorf("%d levels were compared", levels)
	}
	return newest
}

// check compares a picture with the lines so far and returns how many levels it has.
func (d *shownImport) check(p *screen.Picture, all []*change) (levels int) {
	d.t.Helper()
	if len(p.Contracts) != 3 {
		d.t.Fatalf("%d contracts are shown after %d lines", len(p.Contracts), len(all))
	}
	for i := range p.Contracts {
		c := &p.Contracts[i]
		for side, list := range [2][]screen.Level{c.Bids, c.Offers} {
			want := twin(all, uint64(c.ID), side)
			if c.Exchange == "settled" { // whose books are closed
				want = nil
			}
			var got []level
			for _, l := range list {
				got = append(got, level{l.Price, uint64(l.Quantity)})
				if l.Own != 0 {
					d.t.Errorf("an own order is shown: %+v", l)
				}
			}
			if !slices.Equal(got, want) {
				d.t.Fatalf("after %d lines runner %d, side %d, is shown as %v, is %v", len(all), c.ID, side, got, want)
			}
			levels += len(got)
		}
		doubt := strings.NewReplacer("crossed", "", "halt", "", ", ", "").Replace(c.Why) // more than the lines say
		if doubt != "" || c.Book == "awaiting" {
			d.t.Errorf("after %d lines the book of %d is %s: %s", len(all), c.ID, c.Book, c.Why)
		}
	}
	return levels
}

// past asks for the picture of a time in milliseconds.
func (d *shownImport) past(ms int64) *screen.Picture {
	d.t.Helper()
	answer := d.get(fmt.Sprintf("api/at?ms=%d", ms))
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		d.t.Fatalf("%v, %s: %s", err, answer.Status, b)
	}
	p := &screen.Picture{}
	if err := json.Unmarshal(b, p); err != nil {
		d.t.Fatal(err)
	}
	return p
}

// newest reads frames until one has the whole journal.
func (d *shownImport) newest() *screen.Picture {
	d.t.Helper()
	answer := d.get("events")
	defer func() { _ = answer.Body.Close() }()
	for lines := bufio.NewReader(answer.Body); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			d.t.Fatal(err)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		var frame struct{ Picture *screen.Picture }
		if !ok {
			continue
		}
		if err := json.Unmarshal([]byte(data), &frame); err != nil {
			d.t.Fatal(err)
		}
		if frame.Picture != nil && frame.Picture.Strip.Ended != "" {
			return frame.Picture
		}
	}
}

func (d *shownImport) get(path string) *http.Response {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute) // for what does not come
	d.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer
}
