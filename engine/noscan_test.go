package engine

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// pointed are the lists within an engine whose elements hold pointers, with what bounds
// them. None grows with what the bot trades.
var pointed = map[string]string{
	"dialer.results":                    "one connection",
	"log.queue.slots":                   "what the logger has yet to write",
	"submitted.ring.slots":              "Config.SubmitSlots: a function and a caller's Submission are pointers",
	"timing.names":                      "handlersGroup",
	"session.inbound.queue.events":      "what one message gives rise to",
	"session.inbound.recorder.sent":     "frames of one write that wait to be recorded: sentMax",
	"session.outbox.recorder.sent":      "the same",
	"timers.slots":                      "the bot's timers: a function is a pointer",
	"handlers.events":                   "the kinds of events",
	"handlers.events.entries":           "the bot's handlers",
	"stages.apply":                      "one function a stage",
	"handlers.every.entries":            "the bot's handlers",
	"handlers.payload.list.entries":     "the bot's handlers",
	"trading.handlers.order.entries":    "the bot's handlers",
	"trading.handlers.fill.entries":     "the bot's handlers",
	"trading.handlers.book.entries":     "the bot's handlers",
	"trading.handlers.quote.entries":    "the bot's handlers",
	"trading.handlers.risk.entries":     "the bot's handlers",
	"trading.handlers.recovery.entries": "the bot's handlers",
	"trading.handlers.saved.entries":    "the bot's handlers",
	"trading.persist.log.files":         "two files",
	"trading.events.risk":               "twice risk.EventsMax: texts of causes",
	"trading.halts.signals":             "one signal",
	"trading.halts.file.result":         "the result of one check",
	"trading.config.HaltSignals":        "settings",
	"config.State.HaltSignals":          "settings",
	"trading.events.books":              "tradingEventsUsual, or as many contracts as a snapshot has",
	"trading.books.fullness":            "errors made once",
	"trading.events.books.b.fullness":   "the same",
	"trading.risk.refusals.latest":      "Config.Refusals: a refusal is a pointer",
	"trading.risk.events.queue":         "risk.EventsMax: texts of causes",
	"trading.quotes.plans":              "plans of the levels that there can be, made once",
}

// unpointed are the lists that grow with what the bot trades, which the collector does
// not look into. The send ring's frames and the receive buffer do not even lie on its
// heap.
var unpointed = []string{
	"session.requests.open.entries", // orders that wait for their answers
	"session.requests.open.heads",
	"session.outbox.frames.index", // of the send ring
	"session.liveness.pings.sent",
	"session.inbound.payload.contractQuotes.bids", // levels of a book
	"session.inbound.payload.contractQuotes.offers",
	"subscriptions.markets.list", // subscriptions
	"subscriptions.events.list",
}

// elsewhere are a replay's, which no run that is timed has, the journal's, which its own package bounds, and the
// session's by way of the tape.
var elsewhere = regexp.MustCompile(`^journal\.|\btape\.(player|out|rec|session)\.|^config\.Journal\.`)

// TestNoPointers walks the types of all that an engine holds, and expects lists of
// pointers, or of what holds pointers, only where the table has them: gigabytes of
// state then do not lengthen a garbage collection.
func TestNoPointers(t *testing.T) {
	lists := make(map[string]bool) // by path, whether the elements hold pointers
	walk("", reflect.TypeFor[Engine](), lists, make(map[reflect.Type]bool))
	for path, pointers := range lists {
		if elsewhere.MatchString(path) {
			continue
		}
		handlers := strings.HasPrefix(path, "handlers.") && strings.HasSuffix(path, ".entries")
		// A snapshot of a market has contracts, and they have levels, which hold none. How much of
		// it is kept for the next one is bounded.
		snapshot := strings.HasSuffix(path, ".marketQuotes.contractQuotes")
		if _, ok := pointed[path]; pointers && !ok && !handlers && !snapshot {
			t.Errorf("%s: the elements hold pointers", path)
		}
	}
	for path := range pointed {
		if !lists[path] {
			t.Errorf("%s is in the table of lists with pointers and is none", path)
		}
	}
	for _, path := range unpointed {
		if pointers, ok := lists[path]; !ok || pointers {
			t.Errorf("%s: found %t, with pointers %t", path, ok, pointers)
		}
	}
}

// walk notes the lists that a type of ours reaches. outer are the types that it is in.
func walk(path string, typ reflect.Type, lists map[string]bool, outer map[reflect.Type]bool) {
	switch typ.Kind() {
	case reflect.Struct:
		ours := typ.PkgPath() == "" || strings.HasPrefix(typ.PkgPath(), "github.com/smk-go/smk/")
		if outer[typ] || !ours { // a type within itself
			return
		}
		outer[typ] = true
		defer delete(outer, typ)
		for i := range typ.NumField() {
			f := typ.Field(i)
			walk(strings.TrimPrefix(path+"."+f.Name, "."), f.Type, lists, outer)
		}
	case reflect.Pointer:
		walk(path, typ.Elem(), lists, outer)
	case reflect.Slice, reflect.Array, reflect.Chan:
		lists[path] = hasPointers(typ.Elem())
		walk(path, typ.Elem(), lists, outer)
	case reflect.Map:
		lists[path] = true // of a map the collector reads least at the tables
	}
}

func hasPointers(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			if hasPointers(typ.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.Array:
		return typ.Len() > 0 && hasPointers(typ.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func, reflect.Interface,
		reflect.String, reflect.UnsafePointer:
		return true
	}
	return false
}
