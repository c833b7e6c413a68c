package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smk-go/smk/bench/peers"
	"github.com/smk-go/smk/bench/peers/internal/measure"
)

// report is everything that is printed.
type report struct {
	Machine machine           `json:"machine"`
	Modules map[string]string `json:"modules"` // versions by path
	Rounds  int               `json:"rounds"`
	Slice   time.Duration     `json:"slice_ns"`
	Clock   string            `json:"clock"`
	Rows    []row             `json:"results"`
}

// row is one variant of one case.
type row struct {
	Direction   string  `json:"direction"`
	What        string  `json:"what"`
	Bytes       float64 `json:"payload_bytes"`
	Who         string  `json:"who"`
	Ns          float64 `json:"ns_per_op"`
	MBPerSecond float64 `json:"mb_per_s"`
	AllocBytes  float64 `json:"bytes_per_op"`
	Allocs      float64 `json:"allocs_per_op"`
	Ratio       float64 `json:"ratio"` // to gen/msg, median of the rounds
	RatioMin    float64 `json:"ratio_min"`
	RatioMax    float64 `json:"ratio_max"`
}

func (r *report) add(c benchCase, res measure.Result) {
	r.Rows = append(r.Rows, row{
		Direction:   c.direction,
		What:        c.what,
		Bytes:       c.bytes,
		Who:         res.Name,
		Ns:          res.Ns,
		MBPerSecond: c.bytes / res.Ns * 1e3,
		AllocBytes:  res.Bytes,
		Allocs:      res.Allocs,
		Ratio:       res.Ratio,
		RatioMin:    res.RatioMin,
		RatioMax:    res.RatioMax,
	})
}

func (r *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (r *report) writeMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%v.\n\n", r.Machine)
	fmt.Fprintf(&b, "Medians of %d interleaved rounds of %v each, in one process; %s.\n", r.Rounds, r.Slice, r.Clock)
	fmt.Fprintf(&b, "x is the time divided by that of %s in the same round: median (least to most). A payload with its\n", peers.Flat)
	b.WriteString("envelope is decoded into, and encoded from, memory that is used again as far as the library lets it be.\n")
	for _, direction := range []string{decode, encode} {
		rows := 0
		for _, row := range r.Rows {
			if row.Direction != direction {
				continue
			}
			if rows++; rows == 1 {
				fmt.Fprintf(&b, "\n| %s | by | ns | MB/s | B/op | allocs/op | x |\n", direction)
				b.WriteString("|---|---|---:|---:|---:|---:|---:|\n")
			}
			row.writeMarkdown(&b)
		}
	}
	b.WriteString("\nhyperpb reads with a parser recompiled for the very feed; its values can then only be read by reflection,\n")
	b.WriteString("which is not in its time, and it does not encode. C++ libprotobuf is not measured.\n\n")
	for _, p := range peers.All() {
		if v, ok := r.Modules[p.Module]; ok {
			fmt.Fprintf(&b, "- %s: %s %s\n", p.Name, p.Module, v)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r row) writeMarkdown(b *strings.Builder) {
	who, ratio := r.Who, fmt.Sprintf("%.2f (%.2f to %.2f)", r.Ratio, r.RatioMin, r.RatioMax)
	if who == peers.Flat {
		who, ratio = "**"+who+"**", "1"
	}
	fmt.Fprintf(b, "| %s, %.0f B | %s | %.1f | %.0f | %.4g | %.4g | %s |\n",
		r.What, r.Bytes, who, r.Ns, r.MBPerSecond, r.AllocBytes, r.Allocs, ratio)
}
