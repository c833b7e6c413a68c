package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// booked is what a bot and an exchange agree about.
func booked() (soakBooking, reportedAccount) {
	state := soakBooking{
		AccountSequence: 7, Open: "1.00", Final: "2.00", Provisional: "3.00", Available: "94.00",
		Orders:    map[uint64]soakOrder{5: {2500, 40_000, 10_000, 30_000}},
		Positions: map[uint32]soakPosition{8: {-5, "0.01"}},
	}
	var reported reportedAccount
	reported.AccountSequence, reported.Available = 7, "94.00"
	reported.Reserved.Orders, reported.Reserved.Fills, reported.Reserved.ProvisionalFills = "1.00", "2.00", "3.00"
	reported.Orders = []reportedOrder{{5, 2500, 40_000, 10_000, 30_000, "live"}}
	reported.Positions = []reportedPosition{{8, -5, "0.01"}}
	return state, reported
}

// Every difference between a bot and the exchange is noticed.
func TestSoakDiffers(t *testing.T) {
	state, reported := booked()
	if why := differs(&state, reported); why != "" {
		t.Fatal(why)
	}
	for name, change := range map[string]func(*soakBooking, *reportedAccount){
		"unrest":      func(s *soakBooking, _ *reportedAccount) { s.Unrest = "disconnected" },
		"sequence":    func(s *soakBooking, _ *reportedAccount) { s.AccountSequence-- },
		"open":        func(s *soakBooking, _ *reportedAccount) { s.Open = "1.01" },
		"final":       func(s *soakBooking, _ *reportedAccount) { s.Final = "1.99" },
		"provisional": func(s *soakBooking, _ *reportedAccount) { s.Provisional = "0.00" },
		"available":   func(s *soakBooking, _ *reportedAccount) { s.Available = "95.00" },
		"order": func(s *soakBooking, _ *reportedAccount) {
			s.Orders[5] = soakOrder{2500, 40_000, 10_000, 29_999}
		},
		"order unknown":    func(s *soakBooking, _ *reportedAccount) { delete(s.Orders, 5) },
		"order too many":   func(s *soakBooking, _ *reportedAccount) { s.Orders[6] = soakOrder{} },
		"order ended":      func(_ *soakBooking, a *reportedAccount) { a.Orders[0].State = "filled" },
		"position":         func(s *soakBooking, _ *reportedAccount) { s.Positions[8] = soakPosition{-4, "0.01"} },
		"position unknown": func(s *soakBooking, _ *reportedAccount) { clear(s.Positions) },
		"position more":    func(s *soakBooking, _ *reportedAccount) { s.Positions[9] = soakPosition{1, "0.00"} },
	} {
		state, reported := booked()
		state.Orders, state.Positions = maps.Clone(state.Orders), maps.Clone(state.Positions)
		change(&state, &reported)
		if differs(&state, reported) == "" {
			t.Errorf("%s is not noticed", name)
		}
	}
}

// What grows is noticed; what a connection takes while it is made is not growth.
func TestSoakSamples(t *testing.T) {
	usual := func() (list []soakSample) {
		for i := range 20 {
			s := soakSample{Heap: 7 << 20, InUse: 8 << 20, Goroutines: 5, Files: 9, Connected: uint64(i), Live: true}
			switch i % 4 {
			case 0: // a connection is made
				s.Heap, s.Goroutines, s.Files = 9<<20, 7, 11
			case 1: // there is none
				s.Heap, s.Goroutines, s.Files, s.Live = 6<<20, 4, 7, false
			}
			list = append(list, s)
		}
		return list
	}
	if err := judgeSamples(io.Discard, new(soakReport), usual()); err != nil {
		t.Fatal(err)
	}
	if judgeSamples(io.Discard, new(soakReport), usual()[:2]) == nil {
		t.Error("two samples are enough")
	}
	for name, change := range map[string]func(i int, s *soakSample){
		"heap":       func(i int, s *soakSample) { s.Heap += uint64(i) << 18 },
		"in use":     func(i int, s *soakSample) { s.InUse += uint64(i) << 18 },
		"goroutines": func(i int, s *soakSample) { s.Goroutines += i / 4 },
		"files":      func(i int, s *soakSample) { s.Files += i / 4 },
		"garbage":    func(i int, s *soakSample) { s.Collected = uint32(2 * i) },
	} {
		list := usual()
		for i := range list {
			if list[i].Live {
				change(i, &list[i])
			}
		}
		if err := judgeSamples(io.Discard, new(soakReport), list); !errors.Is(err, errMissed) {
			t.Errorf("%s is not noticed: %v", name, err)
		}
	}
}

// TestSoakProcessFails: a process that ends before it serves is not waited for.
func TestSoakProcessFails(t *testing.T) {
	p := &soakProcess{args: []string{"sim"}}
	if err := p.startAs(exec.Command("false")); err == nil || !strings.Contains(err.Error(), "does not start") {
		t.Errorf("%v", err)
	}
	select {
	case <-p.ended:
		p.kill()
	default:
		t.Error("the soak waits for a process that has ended")
	}
}

// TestSoakFolder: the files of another soak, which may still run, are not written over.
func TestSoakFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := needEmpty(t.TempDir()); err != nil {
		t.Error(err)
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"soak", "--for=5s", "--dir=" + dir}, stdio{nil, &out, &errs})
	if code != exitFailed || !strings.Contains(errs.String(), "is not empty") {
		t.Errorf("exit %d: %s%s", code, &out, &errs)
	}
}
