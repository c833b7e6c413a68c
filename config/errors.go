package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What can be wrong. An *Error or an *InheritError wraps one of them.
var (
	// ErrSyntax: a line is none of section, key with value, comment and continuation.
	ErrSyntax = errors.New("not a section, a key with a value, or a comment")
	// ErrText: a file holds what is not text.
	ErrText = errors.New("not UTF-8 text")
	// ErrUTF16: a file starts with the byte order mark of another encoding than UTF-8. It is
	// ErrText too.
	ErrUTF16 = fmt.Errorf("%w but UTF-16 or UTF-32 by its byte order mark: save it as UTF-8", ErrText)
	// ErrDuplicate: a file has a section, or a section a key, twice.
	ErrDuplicate = errors.New("is there already")
	// ErrUnknown: there is no such section, key or variable.
	ErrUnknown = errors.New("is not known")
	// ErrInherits: the section that inherits is called [inherit].
	ErrInherits = errors.New("is not known, the section that names a file to inherit from is [inherit]")
	// ErrEmpty: the value of a setting is empty. A setting that is left out has its default.
	ErrEmpty = errors.New("is empty")
	// ErrValue: a value is not of its setting's type.
	ErrValue = errors.New("is not")
	// ErrReference: a percent sign is neither %% nor %(key)s of a value that exists.
	ErrReference = errors.New("has a % that is neither %% nor %(key)s of a key that exists")
	// ErrProfileCase: the names of two profiles differ in case alone, so that one of them is a mistake, which would
	// leave its settings out without a word.
	ErrProfileCase = errors.New("is of another profile")
	// ErrDepth: values refer to one another beyond ExpandDepthMax, maybe in a circle.
	ErrDepth = errors.New("refers to values that refer to values too often")
	// ErrSecret: a file with a password or a token does not hold one line of text.
	ErrSecret = errors.New("does not name a file with one line of text")
	// ErrContradiction: the values of two settings exclude each other.
	ErrContradiction = errors.New("contradicts another setting")
	// ErrTooLarge: a file or a value is larger than its limit.
	ErrTooLarge = errors.New("is too large")
	// ErrMissing: no directory has the file.
	ErrMissing = errors.New("no such file")
	// ErrNotFile: a folder, a device or a pipe has the name of a file.
	ErrNotFile = errors.New("is not a regular file")
	// ErrCycle: a file inherits from itself.
	ErrCycle = errors.New("files inherit in a circle")
	// ErrTooMany: more files than ChainMax in a row, or than FilesMax altogether.
	ErrTooMany = errors.New("too many files")
)

// Error says what cannot be used, and where it is. It never holds a username, a
// password or a token.
type Error struct {
	Origin  Origin // where; default if a setting is wrong that nobody set
	Key     string // "session.login_timeout", "[sesion]", "SMK_ADRESS"; "" if it is about a file
	Nearest string // what may have been meant, in the form of Key, if Err is ErrUnknown; "" if nothing is near
	Err     error  // one of this package's, or what an operation on a file returned
}

// Error names all of it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("config: ")
	if e.Err == ErrProfile && e.Origin.IsDefault() {
		b.WriteString("profile ")
	} else if e.Origin.Variable == "" || e.Origin.Variable != e.Key {
		b.WriteString(e.Origin.String())
		b.WriteString(": ")
	} else {
		b.WriteString("environment: ")
	}
	if e.Key != "" {
		b.WriteString(e.Key)
		b.WriteString(": ")
	}
	b.WriteString(e.Err.Error())
	if e.Nearest != "" {
		b.WriteString("; the nearest is ")
		b.WriteString(e.Nearest)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// InheritError says that a file cannot be had.
type InheritError struct {
	Chain       []string // the name that was asked for, what it inherits from, and so on to the one in question
	Origin      Origin   // the line that names it; default if it was asked for
	Directories []string // where it was looked for
	Err         error    // around ErrMissing, ErrEmpty, ErrNotFile, ErrCycle, ErrTooMany or what the system says
}

// Error names all of it.
func (e *InheritError) Error() string {
	var b strings.Builder
	b.WriteString("config: ")
	if !e.Origin.IsDefault() {
		b.WriteString(e.Origin.String())
		b.WriteString(": ")
	}
	b.WriteString(e.Err.Error())
	b.WriteString(": ")
	b.WriteString(strings.Join(quoteAll(e.Chain), " inherits from "))
	if errors.Is(e.Err, ErrMissing) {
		b.WriteString(", looked for in ")
		b.WriteString(strings.Join(quoteAll(e.Directories), ", "))
	}
	return b.String()
}

// Unwrap returns Err.
func (e *InheritError) Unwrap() error { return e.Err }

// valueError says what a value is not. It is ErrValue.
type valueError struct {
	text string // quoted, or what stands for a text that must not be shown
	want string
}

func (e *valueError) Error() string   { return "is " + e.text + ", which is not " + e.want }
func (e *valueError) Is(t error) bool { return t == ErrValue }

// inQuotes makes any text safe and short enough for an error.
func inQuotes(s string) string {
	if len(s) <= quotedBytesMax {
		return strconv.Quote(s)
	}
	n := quotedBytesMax
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strconv.Quote(s[:n]) + "..."
}

func quoteAll(list []string) []string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = inQuotes(s)
	}
	return quoted
}

// problems collects errors up to errorsMax.
type problems struct {
	list []error
	more int
}

func (p *problems) add(err error) {
	switch {
	case err == nil:
	case len(p.list) < errorsMax:
		p.list = append(p.list, err)
	default:
		p.more++
	}
}

func (p *problems) err() error {
	list := p.list
	if p.more > 0 {
		list = append(list[:len(list):len(list)], errors.New("config: and "+strconv.Itoa(p.more)+" more"))
	}
	return errors.Join(list...)
}
