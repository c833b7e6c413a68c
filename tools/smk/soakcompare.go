package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/smk-go/smk/sim/fault"
)

// reportedAccount is what the exchange reports of an account, as far as it is compared.
type reportedAccount struct {
	Username  string `json:"username"`
	Available string `json:"available"`
	Reserved  struct {
		Orders           string `json:"orders"`
		Fills            string `json:"fills"`
		ProvisionalFills string `json:"provisional_fills"`
	} `json:"reserved"`
	AccountSequence uint64             `json:"account_sequence"`
	Positions       []reportedPosition `json:"positions"`
	Orders          []reportedOrder    `json:"orders"`
}

// reportedPosition is a position of a reportedAccount.
type reportedPosition struct {
	Contract uint32 `json:"contract"`
	Net      int64  `json:"net"`
	Cash     string `json:"cash"`
}

// reportedOrder is an order of a reportedAccount.
type reportedOrder struct {
	ID        uint64 `json:"id"`
	Price     uint32 `json:"price"`
	Quantity  uint64 `json:"quantity"`
	Executed  uint64 `json:"executed"`
	Available uint64 `json:"available"`
	State     string `json:"state"`
}

// reported asks the exchange for its accounts, by username.
func (s *soak) reported() (map[string]reportedAccount, error) {
	answer, err := http.Get(s.exchange.welcome.Truth)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var all struct {
		Accounts []reportedAccount `json:"accounts"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		return nil, err
	}
	accounts := make(map[string]reportedAccount)
	for _, a := range all.Accounts {
		accounts[a.Username] = a
	}
	return accounts, nil
}

// compare ends the faults, lets the bots come to rest, and compares what they know with what the exchange knows: with
// their orders live, and after they have ended.
func (s *soak) compare(ctx context.Context) error {
	if err := s.proxy.SetPlan(fault.Plan{}); err != nil {
		return err
	}
	for _, b := range s.bots {
		if err := b.say(soakRest); err != nil {
			return err
		}
	}
	limit := time.Now().Add(soakSettle)
	for i, b := range s.bots {
		name := strings.TrimPrefix(b.args[2], "--username=")
		for equal := 0; equal < 3; {
			why, err := s.difference(b, name)
			if err != nil {
				return err
			}
			if equal++; why == "" {
				continue
			}
			equal = 0
			if time.Now().After(limit) {
				return fmt.Errorf("%s differs from the exchange %v after the last fault: %s", name, soakSettle, why)
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		state, err := b.state()
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "bot %d     %s equals the exchange: %d live orders, %d account messages, %d doubts, %d "+
			"anomalies\n",
			i, name, len(state.Orders), state.AccountSequence, state.Doubts, state.Anomalies)
		s.report.Bots = append(s.report.Bots, soakBotReport{
			name, len(state.Orders), state.AccountSequence, state.Doubts, state.Anomalies,
		})
		if state.Anomalies > 0 {
			return fmt.Errorf("%s met %d anomalies", name, state.Anomalies)
		}
	}
	return errors.Join(s.measured(), s.stop())
}

// difference compares a bot with the exchange: "" if nothing differs.
func (s *soak) difference(b *soakProcess, name string) (string, error) {
	state, err := b.state()
	if err != nil {
		return "", err
	}
	all, err := s.reported()
	if err != nil {
		return "", err
	}
	return differs(state, all[name]), nil
}

// differs says what a bot and the exchange do not agree about, "" if nothing. Others trade meanwhile, so it is a
// difference only between what both know at the same account sequence.
func differs(state *soakBooking, reported reportedAccount) string {
	orders, positions := maps.Clone(state.Orders), maps.Clone(state.Positions)
	switch {
	case state.Unrest != "":
		return state.Unrest
	case state.AccountSequence != reported.AccountSequence:
		return fmt.Sprintf("the account's message %d, the exchange has %d", state.AccountSequence,
			reported.AccountSequence)
	case state.Open != reported.Reserved.Orders || state.Final != reported.Reserved.Fills ||
		state.Provisional != reported.Reserved.ProvisionalFills ||
		state.Available != "" && state.Available != reported.Available:
		return fmt.Sprintf("money: %+v, the exchange has %+v, available %s", state, reported.Reserved,
			reported.Available)
	}
	for _, o := range reported.Orders {
		if o.State != "live" {
			continue
		}
		have, ok := orders[o.ID]
		if want := (soakOrder{o.Price, o.Quantity, o.Executed, o.Available}); !ok || have != want {
			return fmt.Sprintf("order %d: %+v, the exchange has %+v", o.ID, have, want)
		}
		delete(orders, o.ID)
	}
	if len(orders) > 0 {
		return fmt.Sprintf("orders that the exchange does not have: %v", orders)
	}
	for _, p := range reported.Positions {
		have := positions[p.Contract]
		if have.Flow == "" {
			have.Flow = "0.00"
		}
		if have != (soakPosition{p.Net, p.Cash}) {
			return fmt.Sprintf("position in %d: %+v, the exchange has %+v", p.Contract, have, p)
		}
		delete(positions, p.Contract)
	}
	if len(positions) > 0 {
		return fmt.Sprintf("positions that the exchange does not have: %v", positions)
	}
	return ""
}

// stop ends everything: no order is left.
func (s *soak) stop() error {
	for _, b := range s.bots {
		if err := b.say(soakEnd); err != nil {
			return err
		}
		if err := b.wait(); err != nil {
			return err
		}
	}
	all, err := s.reported()
	if err != nil {
		return err
	}
	for name, a := range all {
		for _, o := range a.Orders {
			if o.State == "live" {
				return fmt.Errorf("%s has ended, and its order %d is live", name, o.ID)
			}
		}
	}
	if err := s.exchange.signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.exchange.wait()
}

// measured prints what the bot takes that was never killed, and judges it.
func (s *soak) measured() error {
	b := s.bots[0]
	b.mu.Lock()
	defer b.mu.Unlock()
	return judgeSamples(s.out, &s.report, b.samples)
}

// judgeSamples holds the last third of the samples to the first, and prints the times of answers, which are not
// judged. Samples without a connection do not count, and what a connection takes while it is made is not in the least
// of several.
func judgeSamples(out io.Writer, report *soakReport, all []soakSample) error {
	var samples []soakSample
	for i, s := range all {
		if i > 0 && s.Live { // the first is of its start
			samples = append(samples, s)
		}
	}
	if len(samples) < 2 {
		return fmt.Errorf("%d of %d samples are of a bot that is logged in", len(samples), len(all))
	}
	third := max(1, len(samples)/3)
	first, last := least(samples[:third]), least(samples[len(samples)-third:])
	end := samples[len(samples)-1]
	fmt.Fprintf(out, "memory    live heap %d, then %d KiB; in use %d, then %d; goroutines %d, then %d; files %d, "+
		"then %d\n",
		first.Heap>>10, last.Heap>>10, first.InUse>>10, last.InUse>>10, first.Goroutines, last.Goroutines, first.Files,
		last.Files)
	collected := end.Collected - samples[0].Collected
	fmt.Fprintf(out, "garbage   %d collections by itself, %d connections\n", collected, end.Connected)
	fmt.Fprintf(out, "answers   %d, median %.0f µs, 99 %% %.0f, 99.9 %% %.0f, longest %.0f\n",
		end.Answers, end.P50, end.P99, end.P999, end.Max)
	report.First, report.Last, report.End, report.Collected = &first, &last, &end, collected
	switch {
	case last.Heap > first.Heap+heapGrowthMax || last.InUse > first.InUse+heapGrowthMax:
		return fmt.Errorf("%w: the heap grew from %d to %d bytes, in use from %d to %d", errMissed, first.Heap,
			last.Heap, first.InUse, last.InUse)
	case last.Goroutines > first.Goroutines:
		return fmt.Errorf("%w: there were %d goroutines, and are %d", errMissed, first.Goroutines, last.Goroutines)
	case last.Files > first.Files:
		return fmt.Errorf("%w: there were %d open files, and are %d", errMissed, first.Files, last.Files)
	case uint64(collected) > end.Connected-samples[0].Connected:
		return fmt.Errorf("%w: garbage was collected %d times, with %d connections",
			errMissed, collected, end.Connected)
	}
	return nil
}

// least returns the least of everything.
func least(samples []soakSample) (s soakSample) {
	s = samples[0]
	for _, o := range samples[1:] {
		s.Heap, s.InUse = min(s.Heap, o.Heap), min(s.InUse, o.InUse)
		s.Goroutines, s.Files = min(s.Goroutines, o.Goroutines), min(s.Files, o.Files)
	}
	return s
}
