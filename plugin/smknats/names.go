package smknats

import (
	"errors"
	"fmt"
	"strings"
)

// nameBytesMax is the longest name of an environment or an account.
const nameBytesMax = 64

// ErrName reports an environment or account without a name, or with one of more than 64 bytes.
var ErrName = errors.New("name has to have 1 to 64 bytes")

// Token returns a name as it stands in subjects: letters, digits, "-" and "_" as they are, and each other byte, such as
// a dot, a space, "*" or ">", as "=" and two hexadecimal digits. Different names have different tokens. The error is
// ErrName.
func Token(name string) (string, error) {
	if name == "" || len(name) > nameBytesMax {
		return "", fmt.Errorf("smknats: %q: %w", name, ErrName)
	}
	return escape(name, "-_"), nil
}

// escape replaces all bytes but letters, digits and those of keep.
func escape(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

// Names are the subjects and streams of an environment.
type Names struct {
	name        string
	environment string // token
	stream      string // the same for names of streams, which "_" separates
}

// NewNames returns the names of an environment, such as "production". The error is ErrName.
func NewNames(environment string) (Names, error) {
	token, err := Token(environment)
	if err != nil {
		return Names{}, err
	}
	return Names{environment, token, escape(environment, "-")}, nil
}

// Book returns the subject of a contract's book.
func (n Names) Book(market, contract uint32) string {
	return fmt.Sprintf(n.bookFormat(), market, contract)
}

// bookFormat is what a book's subject is made with, and read with.
func (n Names) bookFormat() string { return "smk." + n.environment + ".md.%d.%d" }

// Books returns the subject of the books of a market, of all markets if it is 0.
func (n Names) Books(market uint32) string {
	if market == 0 {
		return "smk." + n.environment + ".md.>"
	}
	return fmt.Sprintf("smk.%s.md.%d.*", n.environment, market)
}

// BookStream returns the stream of the books.
func (n Names) BookStream() string { return "SMK_" + n.stream + "_MD" }

// Log returns the subject of an account's journal.
func (n Names) Log(account string) string { return n.subject("log", account) }

// LogStream returns the stream of an account's journal.
func (n Names) LogStream(account string) string { return n.of("LOG", account) }

// Orders returns the subject of an account's order events.
func (n Names) Orders(account string) string { return n.subject("ord", account) }

// OrderPicture returns the subject of the picture of an account's orders.
func (n Names) OrderPicture(account string) string { return n.Orders(account) + ".picture" }

// OrderStream returns the stream of an account's order events and pictures.
func (n Names) OrderStream(account string) string { return n.of("ORD", account) }

// Control returns the subject of a command to an account's engine: "status", "halt", "flatten", "resume"; and of
// "beat", which its publisher says by itself.
func (n Names) Control(account, command string) string {
	return n.subject("ctl", account) + "." + command
}

// Beats returns the subject of the beats of all publishers.
func (n Names) Beats() string { return "smk." + n.environment + ".ctl.*.beat" }

func (n Names) subject(kind, account string) string {
	return "smk." + n.environment + "." + kind + "." + escape(account, "-_")
}

func (n Names) of(kind, account string) string {
	return "SMK_" + n.stream + "_" + kind + "_" + escape(account, "-")
}
