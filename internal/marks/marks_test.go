package marks

import (
	"strings"
	"testing"
)

// TestNames expects each mark to have a name of its own, with its package in front.
func TestNames(t *testing.T) {
	seen := make(map[string]Mark)
	for m := range Count {
		name := m.String()
		if before, ok := seen[name]; ok || !strings.Contains(name, ": ") {
			t.Errorf("mark %d is named %q, as is %d", m, name, before)
		}
		seen[name] = m
	}
	if Count.String() != "unknown mark" {
		t.Errorf("a mark that there is not is named %q", Count)
	}
}

// TestCounting counts, or does not.
func TestCounting(t *testing.T) {
	Reset()
	Hit(GapBegins)
	Hit(GapBegins)
	want := uint32(0)
	if Enabled {
		want = 2
	}
	if got := Hits(GapBegins); got != want || Hits(GapFilled) != 0 {
		t.Errorf("counted %d and %d, want %d and 0", got, Hits(GapFilled), want)
	}
	Reset()
	if Hits(GapBegins) != 0 {
		t.Error("Reset has forgotten nothing")
	}
}
