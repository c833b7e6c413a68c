package screens

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// terminal is smk watch in a terminal that tmux keeps.
type terminal struct {
	t      *testing.T
	d      *day
	socket string
}

// watch starts smk watch.
func (d *day) watch() *terminal {
	d.t.Helper()
	w := &terminal{d.t, d, filepath.Join(d.t.TempDir(), "tmux")}
	command := ""
	for _, word := range append([]string{smk(d.t), "watch"}, d.screenFlags()...) {
		command += quoted(word) + " "
	}
	command = "env LC_ALL=C.UTF-8 sh -c " + quoted(command+"; echo ended $?; exec cat")
	w.tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", "100", "-y", "32", command)
	d.t.Cleanup(func() { w.tmux("kill-server") })
	return w
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (w *terminal) tmux(args ...string) string {
	w.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", w.socket}, args...)...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// screen is what the terminal shows.
func (w *terminal) screen() string {
	w.t.Helper()
	return w.tmux("capture-pane", "-p")
}

// row is a price of a ladder: quantity, price, own orders.
var row = regexp.MustCompile(`^[ █]*([0-9]+\.[0-9]{2}) +([0-9]+\.[0-9]{2}) *(?:\* ([0-9]+\.[0-9]{2}) ahead)?`)

// ladder is what the terminal shows of a contract that is in front, as day.ladder has it.
func (w *terminal) ladder(name string) (list []string) {
	w.t.Helper()
	screen := w.screen()
	if !strings.Contains(screen, "["+name+"]") {
		return nil
	}
	side := "offer"
	var offers []string
	for line := range strings.Lines(screen) {
		if strings.HasPrefix(line, "-----") {
			side = "bid"
		}
		m := row.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(line, "position") {
			continue
		}
		own := m[3]
		if own == "" {
			own = "-"
		}
		l := fmt.Sprintf("%s %s %s %s %s", name, side, m[2], m[1], own)
		if side == "offer" {
			offers = append(offers, l)
		} else {
			list = append(list, l)
		}
	}
	slices.Reverse(offers)
	return append(list, offers...)
}

// use presses keys: the next contract, the help, and back.
func (w *terminal) use() {
	w.t.Helper()
	w.tmux("send-keys", "Tab")
	w.d.until("tab shows the next contract", func() bool { return strings.Contains(w.screen(), "[Draw]") })
	w.tmux("send-keys", "1")
	w.d.until("1 shows the first contract", func() bool { return strings.Contains(w.screen(), "[Home]") })
	save(w.t, "watch.txt", []byte(w.screen()))
	w.tmux("send-keys", "?")
	w.d.until("? shows the keys", func() bool { return strings.Contains(w.screen(), "contract before") })
	w.tmux("send-keys", "?")
	w.d.until("? hides the keys", func() bool { return strings.Contains(w.screen(), "[Home]") })
}

// quit ends it.
func (w *terminal) quit() {
	w.t.Helper()
	w.tmux("send-keys", "q")
	w.d.until("q ends it, well", func() bool { return strings.Contains(w.screen(), "ended 0") })
}
