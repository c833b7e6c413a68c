package main

import (
	"encoding/json"
	"io"
	"time"
)

// soakReport is what came of a soak, for machines.
type soakReport struct {
	Seed      uint64            `json:"seed"`
	Seconds   float64           `json:"seconds"`
	Synced    bool              `json:"synced"` // bots sync each request
	Equal     bool              `json:"equal"`  // what the bots know is what the exchange knows, and nothing grew
	Error     string            `json:"error,omitempty"`
	Bots      []soakBotReport   `json:"bots"`
	Faults    map[string]uint64 `json:"faults"`
	Processes soakCounts        `json:"processes"`

	First     *soakSample `json:"first,omitempty"` // the least of the first third of the samples
	Last      *soakSample `json:"last,omitempty"`  // and of the last
	End       *soakSample `json:"end,omitempty"`   // the last sample, with the times of answers in microseconds
	Collected uint32      `json:"collections"`
}

// soakBotReport is a bot in the end.
type soakBotReport struct {
	Username        string `json:"username"`
	Orders          int    `json:"orders"` // live ones
	AccountSequence uint64 `json:"account_sequence"`
	Doubts          uint64 `json:"doubts"`
	Anomalies       uint64 `json:"anomalies"`
}

// soakCounts is what was done to the processes.
type soakCounts struct {
	ExchangeKills int `json:"exchange_kills"`
	BotKills      int `json:"bot_kills"`
	Stops         int `json:"stops"`
	Resets        int `json:"resets"`
	Plans         int `json:"plans"`
}

// write writes the report; err is how the soak ended.
func (r *soakReport) write(w io.Writer, s *soak, took time.Duration, err error) error {
	r.Seed, r.Seconds, r.Synced, r.Processes = s.Seed, took.Seconds(), s.durable && !s.Forget, s.counts
	if r.Equal = err == nil; err != nil {
		r.Error = err.Error()
	}
	if r.Bots == nil {
		r.Bots = []soakBotReport{}
	}
	return json.NewEncoder(w).Encode(r)
}
