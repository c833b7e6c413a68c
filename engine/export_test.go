package engine

// DialTCP is the dialer of those who bring none.
var DialTCP = dialTCP

// ReferenceBase draws where references begin.
var ReferenceBase = referenceBase

// BaseOf is where an engine's references begin.
func BaseOf(e *Engine) uint64 { return e.config.Session.ReferenceBase }
