package screens

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What is measured of a bot that is watched.
const (
	watchedOrders = 10_000
	watchedRounds = 1 // WATCHED=N in the environment measures N times

	// Of a run that is measured: the first second, in which the screens begin, has a fifth of it.
	measuredOrders = 50_000
)

// measured is what the demo says of a run.
type measured struct {
	RoundTrip struct {
		P99 float64 `json:"p99"`
	} `json:"round_trip_us"`
	Allocations float64 `json:"allocations_per_message"`
	Agrees      bool    `json:"exchange_agrees"`
}

// TestWatchedBot compares bots with a dashboard, a browser's stream and a terminal attached with bots without: they
// allocate as much, which is nothing in steady state. Round trips are printed, not judged: the machine may be busy. If
// they are measured, then also with the bot on one core and what watches it on the other.
func TestWatchedBot(t *testing.T) {
	rounds, err := strconv.Atoi(os.Getenv("WATCHED"))
	if err != nil {
		compareWatched(t, watchedRounds, watchedOrders)
		return
	}
	compareWatched(t, rounds, measuredOrders)
	t.Run("apart", func(t *testing.T) {
		cores := strings.TrimSpace(taskset(t, "--pid", strconv.Itoa(os.Getpid())))
		cores = cores[strings.LastIndexByte(cores, ' ')+1:]
		defer taskset(t, "--all-tasks", "--pid", cores, strconv.Itoa(os.Getpid()))
		taskset(t, "--all-tasks", "--cpu-list", "--pid", "1", strconv.Itoa(os.Getpid()))
		compareWatched(t, rounds, measuredOrders, "taskset", "--cpu-list", "0")
	})
}

func taskset(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("taskset", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("taskset %v: %v: %s", args, err, out)
	}
	return string(out)
}

// compareWatched starts bots with a command before theirs.
func compareWatched(t *testing.T, rounds, orders int, before ...string) {
	t.Helper()
	const made = 0.05 // allocations a message, of what is made once
	var with, without, ratios []float64
	for round := range rounds {
		var alone, watched measured
		if round%2 == 0 { // neither is always the first
			alone, watched = trade(t, false, orders, before), trade(t, true, orders, before)
		} else {
			watched, alone = trade(t, true, orders, before), trade(t, false, orders, before)
		}
		without, with = append(without, alone.RoundTrip.P99), append(with, watched.RoundTrip.P99)
		ratios = append(ratios, watched.RoundTrip.P99/alone.RoundTrip.P99)
		if watched.Allocations > made || alone.Allocations > made || !watched.Agrees {
			t.Errorf("%v allocations a message alone, %v watched; agrees %v", alone.Allocations, watched.Allocations,
				watched.Agrees)
		}
		t.Logf("allocations a message: %.4f alone, %.4f watched", alone.Allocations, watched.Allocations)
	}
	t.Logf("round trip p99: %.0f us alone, %.0f us watched; ratio %.2f (medians of %d rounds)",
		median(without), median(with), median(ratios), rounds)
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// trade runs the demo, watched or alone.
func trade(t *testing.T, watched bool, orders int, before []string) (m measured) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "journal")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if watched {
		defer attach(t, dir)()
	}
	command := append(before[:len(before):len(before)], smk(t), "demo", "--json", "--journal="+dir,
		"--orders="+strconv.Itoa(orders))
	out, err := exec.Command(command[0], command[1:]...).Output()
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return m
}

// attach has a dashboard with a reader of its stream, and a terminal, show a journal.
func attach(t *testing.T, dir string) (detach func()) {
	t.Helper()
	dash := start(t, "dash", "--json", "--journal="+dir)
	out, err := dash.StdoutPipe()
	if err == nil {
		err = dash.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var hello struct{ URL string }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &hello)
	}
	if err != nil {
		t.Fatal(err)
	}
	stream, err := http.Get(hello.URL + "events")
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan int64, 1)
	go func() {
		n, _ := io.Copy(io.Discard, stream.Body)
		read <- n
	}()
	d := &day{t: t, dir: dir}
	term := d.watch()
	d.until("the terminal waits for the bot", func() bool { return strings.Contains(term.screen(), "no data yet") })
	return func() {
		d.until("the terminal has seen the end", func() bool { return strings.Contains(term.screen(), "run ended") })
		term.quit()
		_ = dash.Process.Kill()
		_ = dash.Wait()
		if n := <-read; n < 10<<10 {
			t.Errorf("the stream had %d bytes", n)
		}
	}
}
