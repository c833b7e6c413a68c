package smknats

import (
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// beats knows when the last beat of each publisher came.
type beats struct {
	mu       sync.Mutex
	limit    time.Duration // 0 for that of each publisher
	accounts map[string]*beatState
	changed  chan struct{} // events has something
}

// beatState is what is known of a publisher.
type beatState struct {
	at        time.Time // of the last beat, or when it was expected
	limit     time.Duration
	publisher string // number of its run; "" if no beat came
	stale     bool
	behind    string // why it is, "" if it is not
	fresh     bool   // that its beats come is to be reported
	restarted string // number of a new run that is to be reported
	reported  bool   // that it is stale
}

func newBeats(limit time.Duration) *beats {
	return &beats{limit: limit, accounts: map[string]*beatState{}, changed: make(chan struct{}, 1)}
}

// of returns what is known of an account's publisher; nil if there are too many.
func (b *beats) of(account string) *beatState {
	h := b.accounts[account]
	if h == nil && len(b.accounts) < followAccounts {
		h = &beatState{at: time.Now(), limit: staleUsual}
		if b.limit != 0 {
			h.limit = b.limit
		}
		b.accounts[account] = h
	}
	return h
}

// expect says that there ought to be a publisher.
func (b *beats) expect(account string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(account)
}

// receive is called with each beat.
func (b *beats) receive(m *nats.Msg) {
	e, err := parseEnvelope(m.Subject, 0, m.Data)
	if err != nil || e.GetBeat() == nil {
		return // nobody that this can be said to
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.of(e.GetAccount())
	if h == nil {
		return
	}
	h.at = time.Now()
	if p := time.Duration(e.GetBeat().GetPeriod()); b.limit == 0 && p > 0 && p <= time.Minute {
		h.limit = staleBeats * p
	}
	report, behind := false, ""
	if e.GetBeat().GetBehind() {
		if behind = "behind"; e.GetBeat().GetWhy() != "" {
			behind += ": " + firstBytes(e.GetBeat().GetWhy(), whyBytes)
		}
	}
	switch {
	case behind != "" && behind != h.behind:
		h.reported, report = false, true
	case behind != "":
	case h.publisher == "" || h.stale || h.behind != "": // that it was behind may not be reported yet
		h.fresh, h.stale, h.reported, report = true, false, false, true
	}
	h.behind = behind
	if h.publisher != "" && h.publisher != e.GetPublisher() {
		h.restarted, report = e.GetPublisher(), true
	}
	h.publisher = e.GetPublisher()
	if report {
		select {
		case b.changed <- struct{}{}:
		default:
		}
	}
}

// stale reports whether a publisher is silent.
func (b *beats) stale(account string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.accounts[account]
	return h == nil || h.publisher == "" || h.behind != "" || time.Since(h.at) > h.limit
}

// whyBytes is how much of a publisher's words is kept.
const whyBytes = 200

func firstBytes(s string, n int) string { return strings.ToValidUTF8(s[:min(len(s), n)], "") }

// events appends what there is to report.
func (b *beats) events(list []Event) []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	for account, h := range b.accounts {
		if silent := time.Since(h.at); (silent > h.limit || h.behind != "") && !h.reported {
			h.stale, h.reported, h.fresh = true, true, false
			text := h.behind
			if silent > h.limit {
				text = "silent for " + silent.Round(time.Millisecond).String()
			}
			list = append(list, Event{Kind: Stale, Account: account, Text: text})
			continue
		}
		if h.restarted != "" {
			list = append(list, Event{Kind: Restarted, Account: account, Text: h.restarted})
		}
		if h.fresh {
			list = append(list, Event{Kind: Fresh, Account: account})
		}
		h.fresh, h.restarted = false, ""
	}
	return list
}

// due returns how long nobody can become stale.
func (b *beats) due() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	due := time.Minute
	for _, h := range b.accounts {
		if !h.reported {
			due = min(due, max(h.limit-time.Since(h.at), 0)+time.Millisecond)
		}
	}
	return due
}
