package uuid

// What a text of an identifier may measure.
const (
	// BaseMin is the smallest base of a slug.
	BaseMin = 2

	// BaseMax is the largest base of a slug: ten digits and twice 26 letters.
	BaseMax = 62

	// BaseDefault is the base of the slugs that people see.
	BaseDefault = 36

	// HexPad is how many digits the exchange pads hex to, the tag's included.
	HexPad = 32

	// PadMax is the widest padding, in digits, that is written.
	PadMax = 1024

	// TextBytesMax is the longest text that is read: the widest that is written.
	TextBytesMax = prefixBytes + PadMax

	// BinaryBytes is the length of the binary form.
	BinaryBytes = 18
)

const (
	prefixBytes     = 2             // a letter and '-'
	tagBits         = 16            // the lowest of the 144 that a slug writes
	tagDigits       = tagBits / 4   // of hex
	numberDigitsMax = 128 / 4       // of hex
	slugDigitsMax   = 128 + tagBits // in base 2
	caselessBaseMax = 10 + 26       // beyond, case matters
	stackBytes      = 48            // holds hex, and slugs in the usual bases
)

// Relations that do not compile when broken.
const (
	_ = uint(PadMax - slugDigitsMax)                   // what needs no padding is never too long to read
	_ = uint(stackBytes - numberDigitsMax - tagDigits) // see stackBytes
	_ = -uint(8*BinaryBytes - slugDigitsMax)           // binary holds the bits of a slug
)
