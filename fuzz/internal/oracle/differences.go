package oracle

// Difference is one way in which gen/msg answers otherwise than google's library, on purpose.
type Difference int

// The differences. Nothing else may differ.
const (
	DifferenceNone Difference = iota
	DifferenceWireType
	DifferenceDepth
	DifferenceElements
	DifferenceForeign
	DifferenceUnknown
	differencesEnd
)

// Differences says why each difference is there.
var Differences = [differencesEnd]string{
	DifferenceNone: "none",
	DifferenceWireType: "a known field with another wire type is refused; google keeps it as an unknown field, and " +
		"the value goes missing silently",
	DifferenceDepth:    "groups in an unknown field nest msg.GroupDepthMax deep; google follows 10,000",
	DifferenceElements: "repeated fields have the limits of gen/msg; google has none",
	DifferenceForeign: "bodies that a payload's type does not name are passed over unread; " +
		"google reads and keeps them",
	DifferenceUnknown: "unknown fields are counted and dropped; google keeps their bytes and writes them again",
}

func (d Difference) String() string { return Differences[d] }

// Deviation is one way in which vtprotobuf's generated code answers otherwise than both.
type Deviation int

// The deviations. Nothing else may differ.
const (
	DeviationNone Deviation = iota
	DeviationRequired
	DeviationOverflow
	DeviationNumber
	DeviationGroup
	DeviationPacked
	DeviationDepth
	DeviationElements
	deviationsEnd
)

// Deviations says why each deviation is there.
var Deviations = [deviationsEnd]string{
	DeviationNone:     "none",
	DeviationRequired: "vtprotobuf refuses a message, or one part of it, without its required fields",
	DeviationOverflow: "vtprotobuf drops the bits of a varint's tenth byte that 64 bits do not hold",
	DeviationNumber:   "vtprotobuf cuts field numbers to 32 bits and does not check them inside of groups",
	DeviationGroup:    "vtprotobuf lets a group end with another number than it began with",
	DeviationPacked:   "vtprotobuf reads the last packed element on beyond the end of its field",
	DeviationDepth:    "vtprotobuf does not bound how deep groups nest",
	DeviationElements: "vtprotobuf does not bound repeated fields",
}

func (d Deviation) String() string { return Deviations[d] }
