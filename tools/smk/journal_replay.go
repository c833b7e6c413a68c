package main

import (
	"fmt"
	"strings"
)

// demoJournalName begins the name of a journal of the demo's bot; what follows is all that its decisions depend on
// besides what it is sent.
const demoJournalName = "smk demo"

// journalNameOf returns the name of a journal of the demo's bot.
func journalNameOf(h hello, orders int) string {
	ids := make([]string, 0, len(h.Contracts))
	for _, c := range h.Contracts {
		ids = append(ids, fmt.Sprint(c.ID))
	}
	return fmt.Sprintf("%s %d %d %s", demoJournalName, orders, h.Market, strings.Join(ids, " "))
}
