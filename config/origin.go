package config

import "strconv"

// Origin is where a value comes from. The zero value is the engine's own default.
type Origin struct {
	File     string // its path, as it was found
	Line     int    // in File, from 1; 0 if the whole file is the value
	Variable string // of the environment
	Flag     string // of the command line, as [Flag] names it
}

// IsDefault reports whether nobody set the value.
func (o Origin) IsDefault() bool { return o == Origin{} }

// String returns "bot.conf:3", "environment SMK_ADDRESS", "flag --address" or "default".
func (o Origin) String() string {
	switch {
	case o.Flag != "":
		return "flag " + o.Flag
	case o.Variable != "":
		return "environment " + o.Variable
	case o.File == "":
		return "default"
	case o.Line == 0:
		return o.File
	default:
		return o.File + ":" + strconv.Itoa(o.Line)
	}
}
