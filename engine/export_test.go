package engine

import "github.com/smk-go/smk/engine/internal/statefile"

// DialTCP is the dialer of those who bring none.
var DialTCP = dialTCP

// ReferenceBase draws where references begin.
var ReferenceBase = referenceBase

// BaseOf is where an engine's references begin.
func BaseOf(e *Engine) uint64 { return e.config.Session.ReferenceBase }

// SetStateFS sets the file system of Config.State.File.
func SetStateFS(c *Config, fs statefile.FS) { c.State.files = fs }

// IsQuote reports whether a reference is of a request of quotes.
func IsQuote(e *Engine, reference uint64) bool { return e.trading.persist.isQuote(reference) }
