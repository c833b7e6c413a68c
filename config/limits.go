package config

// Limits of what is read.
const (
	// FileBytesMax is the size of the largest file.
	FileBytesMax = 1 << 20

	// FilesMax is how many files one name may lead to.
	FilesMax = 64

	// ChainMax is how many files may inherit from one another in a row.
	ChainMax = 32

	// ExpandDepthMax is how deep values may refer to values that refer to values.
	ExpandDepthMax = 10

	// ExpandsMax is how many references one value may lead to.
	ExpandsMax = 1024

	// ValueBytesMax is the longest value, with everything it refers to.
	ValueBytesMax = 1 << 16

	// quotedBytesMax is how much of a value an error quotes.
	quotedBytesMax = 64

	// errorsMax is how many things an error of Load names.
	errorsMax = 16
)
