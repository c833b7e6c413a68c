package watch

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/smk-go/smk/tools/smk/screen"
)

// picture is one with something in every panel.
func picture(at time.Time) *screen.Picture {
	return &screen.Picture{
		Record: 1, At: at.UnixNano(), Name: "maker",
		Strip: screen.Strip{
			Session: "established", Connected: true, Run: 1, Mode: "active", CaughtUp: true, Tokens: 500, Burst: 1000,
			Orders: 2, Fills: 3,
		},
		Contracts: []screen.Contract{{
			Name: "Home", Exchange: "live", Book: "live", Closable: true, Closed: 120_000_000,
			Bids:   []screen.Level{{Price: 4000, Quantity: 500_000, Own: 100_000, Ahead: 400_000}},
			Offers: []screen.Level{{Price: 4200, Quantity: 9e12, Own: 9e9, Ahead: 9e9}},
		}},
		Markets: []screen.Market{{Outcomes: []screen.Outcome{{Name: "Home", Final: -300_000_000, Net: 200_000_000}}}},
		Stages:  []screen.Stage{{Name: "round trip", P50: 50_000, P99: 130_000}},
		Log: []screen.Line{{
			At: at.UnixNano(), Kind: screen.KindFill, Level: "warn", Text: strings.Repeat("long ", 60),
		}},
	}
}

// TestDraw: whatever there is to see is seen, and no line is wider than the window.
func TestDraw(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, width := range []int{60, 80, 200} {
		m := &model{now: func() time.Time { return now }, width: width, height: 40}
		m.frame.Picture = picture(now)
		text := m.draw()
		for _, line := range strings.Split(text, "\n") {
			if n := lipgloss.Width(line); n > width {
				t.Errorf("window of %d: a line of %d: %q", width, n, line)
			}
		}
		for _, want := range []string{"established", "42.00", "40.00", "Home", "+1.20", "-3.00", "round trip", "long"} {
			if !strings.Contains(text, want) {
				t.Errorf("window of %d: no %q in\n%s", width, want, text)
			}
		}
	}
}

// TestBeside: what is on the right begins in one column, beyond a line on the left that is too long.
func TestBeside(t *testing.T) {
	long := strings.Repeat("l", ladderWidth+4)
	got := strings.Split(beside(good.Render("a")+"\n"+long+"\nc", "x\ny\n"+bad.Render("z")+"\nmore"), "\n")
	want := []string{
		good.Render("a") + strings.Repeat(" ", ladderWidth-1) + "x", long + " y",
		"c" + strings.Repeat(" ", ladderWidth-1) + bad.Render("z"), strings.Repeat(" ", ladderWidth) + "more",
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestStyle: a style renders as its library does.
func TestStyle(t *testing.T) {
	s := lipgloss.NewStyle().Foreground(lipgloss.Color("1")).Bold(true)
	got, want := newStyle(s).Render("HALTED 1"), s.Render("HALTED 1")
	if got != want || !strings.Contains(got, "\x1b[") {
		t.Errorf("%q, want %q", got, want)
	}
	if got := bad.Render(""); got != "" {
		t.Errorf("of nothing %q", got)
	}
}

// TestRedraw: what did not change is not drawn again, but what grows old is, and so is what a key changes.
func TestRedraw(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	m := &model{now: func() time.Time { return now }}
	_, _ = m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	_, _ = m.Update(screen.Frame{Picture: picture(now)})
	first := m.View().Content
	now = now.Add(ageEvery / 4)
	_, _ = m.Update(aged{})
	if got := m.View().Content; got != first {
		t.Error("drawn again")
	}
	now = now.Add(3 * time.Second)
	_, _ = m.Update(aged{})
	if got := m.View().Content; !strings.Contains(got, "STALE: 3.1s") {
		t.Errorf("after 3 seconds:\n%s", got)
	}
	_, _ = m.Update(tea.KeyPressMsg(tea.Key{Code: '?', Text: "?"}))
	if got := m.View().Content; !strings.Contains(got, "next contract") {
		t.Errorf("after ?:\n%s", got)
	}
	_, _ = m.Update(tea.KeyPressMsg(tea.Key{Code: '?', Text: "?"}))
	_, _ = m.Update(screen.Frame{Picture: picture(now)})
	if got := m.View().Content; !strings.Contains(got, "lag 0 ms") {
		t.Errorf("after another frame:\n%s", got)
	}
}
