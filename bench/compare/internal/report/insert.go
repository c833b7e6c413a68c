package report

import (
	"bytes"
	"errors"
	"strings"

	"github.com/smk-go/smk/bench/compare/internal/suite"
)

// Lines of a document between which results stand: all of them, or a summary.
const (
	insertFrom  = "<!-- measured: written by make bench-report, edits get lost -->\n"
	summaryFrom = "<!-- measured, in short: written by make bench-report, edits get lost -->\n"
	insertTo    = "<!-- end of what was measured -->\n"
)

// Insert returns the document with the results between its marks, instead of what was there.
func Insert(document []byte, r *suite.Results) ([]byte, error) {
	if r.Smoke {
		return nil, errors.New("takes no results of a trial run")
	}
	from := insertFrom
	if bytes.Contains(document, []byte(summaryFrom)) {
		from = summaryFrom
	}
	before, rest, ok := bytes.Cut(document, []byte(from))
	_, after, end := bytes.Cut(rest, []byte(insertTo))
	if !ok || !end {
		return nil, errors.New("has no marks to put the results between: " +
			strings.TrimSpace(insertFrom) + " and " + strings.TrimSpace(insertTo))
	}
	var text bytes.Buffer
	if from == summaryFrom {
		text.WriteString(Summary(r))
	} else if err := Markdown(&text, r); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Write(before)
	out.WriteString(from + "\n")
	out.Write(text.Bytes())
	out.WriteString("\n" + insertTo)
	out.Write(after)
	return out.Bytes(), nil
}
