package inspect

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/smk-go/smk/engine"
)

// masked stands for a text, or an amount in one, that a redacted journal does not have.
const masked = "*"

// amounts are prices, quantities and money in the engine's texts: identifiers and counts have no decimals.
var amounts = regexp.MustCompile(`-?[0-9]+(\.[0-9]+%?|%)`)

// maskLog returns a line of the log without what its texts can have from outside: the cause, and the reason and the
// name that a cause of the trading mode may have.
func maskLog(line string, o RedactOptions) []byte {
	var out []byte
	message := ""
	for line != "" {
		key, rest, _ := strings.Cut(line, "=")
		value, err := strconv.QuotedPrefix(rest)
		if err != nil {
			value, _, _ = strings.Cut(rest, " ")
		}
		line = strings.TrimPrefix(rest[len(value):], " ")
		if text, err := strconv.Unquote(value); err == nil {
			switch {
			case key == "cause":
				text = masked
			case key == "by" && message != engine.LogDecision: // decisions are words of the engine's, and are followed
				text = maskCause(text)
			case key == "msg":
				message = text
			}
			if o.Amounts && message != engine.LogDecision {
				text = amounts.ReplaceAllString(text, masked)
			}
			value = strconv.Quote(text)
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = append(append(append(out, key...), '='), value...)
	}
	return out
}

// maskCause masks all but the trigger of a risk.Cause.
func maskCause(text string) string {
	for _, before := range []string{": ", ", by "} {
		if trigger, _, found := strings.Cut(text, before); found {
			return trigger + ": " + masked
		}
	}
	return text
}

// maskRefusal masks what the text of a refused send has from outside. It is the message's type, who refuses it and why,
// and perhaps the cause of that: amounts of a limit, or an error of the system's.
func maskRefusal(text string, o RedactOptions) []byte {
	parts := strings.SplitN(text, ": ", 4)
	if len(parts) == 4 && (o.Amounts || parts[1] != refusedByRisk) {
		parts[3] = masked
	}
	text = strings.Join(parts, ": ")
	if o.Amounts {
		text = amounts.ReplaceAllString(text, masked)
	}
	return []byte(text)
}

// refusedByRisk is how the text of a *risk.Refusal begins, whose cause is amounts alone.
const refusedByRisk = "risk"
