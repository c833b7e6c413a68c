package report

import (
	"fmt"
	"strings"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/internal/suite"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// summaryPeers are the columns of the summary and the names of their rows when decoding and encoding.
var summaryPeers = []struct{ title, decode, encode string }{
	{"smk", compare.Flat, compare.Flat},
	{"C++ libprotobuf", "C++ libprotobuf, reused", "C++ libprotobuf"},
	{"vtprotobuf", "vtprotobuf pooled", "vtprotobuf plain"},
	{"google.golang.org/protobuf", "google.golang.org/protobuf", "google.golang.org/protobuf"},
}

// summaryRows are the lines of the summary.
var summaryRows = []struct{ title, direction, what string }{
	{"read an execution", suite.Decode, "executed"},
	{"read a book of ten bids and ten offers", suite.Decode, "quotes"},
	{"read what a market feed is made of", suite.Decode, "mixed"},
	{"write an order", suite.Encode, "create"},
}

// Summary is the results in a few lines of Markdown.
func Summary(r *suite.Results) string {
	head := []string{"Nanoseconds to"}
	for _, p := range summaryPeers {
		head = append(head, p.title+">")
	}
	t := newTable(head...)
	for _, row := range summaryRows {
		cells := []string{row.title}
		for _, p := range summaryPeers {
			who := p.decode
			if row.direction == suite.Encode {
				who = p.encode
			}
			cells = append(cells, summaryCell(r, row.direction, row.what, who))
		}
		t.row(cells...)
	}
	var b strings.Builder
	b.WriteString(t.String())
	for _, l := range r.Latency {
		if l.Name == roundtrip.EngineSpins && len(l.ToFloor) > 0 {
			fmt.Fprintf(&b, "\nAn order and its answer over loopback: %s µs at p50, %s at p99; %s and %s times what a C program that polls\nits socket takes to send and receive the same bytes.\n",
				figure(l.P50.Median), figure(l.P99.Median), figure(l.ToFloor[0].Median), figure(l.ToFloor[1].Median))
		}
	}
	fmt.Fprintf(&b, "\nOf the goals: %s (%v)\n", tally(r), r.Machine)
	return b.String()
}

// summaryCell is a time, and how often ours goes into it.
func summaryCell(r *suite.Results, direction, what, who string) string {
	for _, row := range r.Peers {
		if row.Direction != direction || row.What != what || row.Who != who {
			continue
		}
		if who == compare.Flat {
			return fmt.Sprintf("**%.1f**", row.Ns)
		}
		return fmt.Sprintf("%.0f (%s×)", row.Ns, figure(row.Ratio.Median))
	}
	return "-"
}
