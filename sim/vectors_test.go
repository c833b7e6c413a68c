package sim

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// The recorded bytes of the exchange's own Python client get the answers that belong to them.
func TestPythonClientBytes(t *testing.T) {
	type step struct {
		Call      string `json:"call"`
		Client    string `json:"client"`
		Heartbeat string `json:"client_buffered_then_flushed"`
	}
	var flows []struct {
		Name  string `json:"name"`
		Steps []step `json:"steps"`
	}
	data, err := os.ReadFile("../engine/session/testdata/reference_client.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &flows); err != nil {
		t.Fatal(err)
	}
	answers := map[string]map[string][]string{
		"login, ping, order, cancel, logout": {
			"login":            {"S1 LOGIN_RESPONSE reset=2"},
			"ping":             {"S2 PONG"},
			"order_create":     {"S3 accepted seq=3 #1 400000@2500"},
			"order_create ioc": {"S4 rejected seq=4 ref=77 CROSSED_SELF"},
			"order_cancel":     {"S5 cancel_rejected #19763228749 NOT_FOUND"},
			"market_subscribe": {
				"S6 market_quotes 317002 volume=0 {608008 bids 2500:400000}",
				"S7 market_state 317002 LIVE",
			},
			"settings false": {"S8 settings_accepted false"},
			"cancel_all market": {
				"S9 quotes 608008 bids 2500:0", "S10 cancel_all_accepted",
				"S11 cancelled #1 MEMBER_REQUESTED executed=0",
			},
			"logout": {"S12 LOGOUT CONFIRMATION"},
		},
		"token login with account sequence": {
			"login": {"S1 LOGIN_RESPONSE reset=2"},
			"ping":  {"S2 PONG"},
		},
	}
	for _, flow := range flows {
		want, ok := answers[flow.Name]
		if !ok {
			continue // the others test a client's own rules
		}
		t.Run(flow.Name, func(t *testing.T) {
			config := testConfig()
			config.Accounts[0].Username, config.Accounts[0].Password, config.Accounts[0].Token = "user", "pass",
				"abcdef"
			config.Markets[0].ID, config.Markets[0].Contracts[0].ID = 317002, 608008
			c := newHarness(t, config).connect()
			seen := 0
			for _, s := range flow.Steps {
				b, err := hex.DecodeString(s.Client + s.Heartbeat)
				if err != nil {
					t.Fatal(err)
				}
				c.bytes(b)
				c.want(want[s.Call]...)
				if s.Call != "" {
					seen++
				}
			}
			if seen != len(want) {
				t.Errorf("%d requests, want %d", seen, len(want))
			}
		})
	}
}

// The exchange's own Python client was run against smk sim --life 0 and made every request that it can make. The
// recording has what it wrote to its socket, and what the exchange has to answer.
func TestPythonClientRequests(t *testing.T) {
	var flows []struct {
		Name  string
		Steps []struct {
			Call, Client string
			Exchange     []string
		}
	}
	data, err := os.ReadFile("testdata/python_client.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &flows); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, flow := range flows {
		t.Run(flow.Name, func(t *testing.T) {
			config := DefaultConfig()
			config.Agents = Agents{}
			c := newHarness(t, config).connect()
			for _, s := range flow.Steps {
				b, err := hex.DecodeString(s.Client)
				if err != nil {
					t.Fatal(err)
				}
				c.bytes(b)
				c.want(s.Exchange...)
				steps++
			}
		})
	}
	if steps < 30 {
		t.Errorf("only %d steps", steps)
	}
}
