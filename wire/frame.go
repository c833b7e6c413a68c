package wire

import "fmt"

// Marshaler is a message that writes itself backwards: MarshalToSizedBufferVT
// puts its bytes at the end of b and returns their number, which SizeVT told
// before. It is the contract of vtprotobuf's generated code.
type Marshaler interface {
	SizeVT() int
	MarshalToSizedBufferVT(b []byte) (int, error)
}

// MarshalError reports a message that did not do what its size promised: it was
// changed while it was sent, or its methods are wrong. Nothing of it may be sent.
type MarshalError struct {
	Size  int   // bytes of payload that were asked for
	Wrote int   // bytes that the message says it wrote
	Err   error // what the message returned, or nil
}

func (e *MarshalError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("wire: marshal a payload of %d bytes: %v", e.Size, e.Err)
	}
	return fmt.Sprintf("wire: a payload of %d bytes was marshalled to %d", e.Size, e.Wrote)
}

// Unwrap returns Err.
func (e *MarshalError) Unwrap() error { return e.Err }

// frameSize is the number of bytes in a frame with a payload of n bytes: shortest
// header, payload, padding. A negative n panics.
func frameSize(n int) int {
	return max(headerSize(n)+n, FrameBytesMin)
}

// Measure asks m for the size of its payload, and returns it with the size of
// the frame to reserve for [PutFrame]. The error is a *[FrameError] if the
// payload exceeds OutboundBytesMax, or a *[MarshalError] if m says that it is
// negative.
func Measure(m Marshaler) (payload, frame int, err error) {
	payload = m.SizeVT()
	if err := checkOutbound(payload); err != nil {
		return 0, 0, err
	}
	return payload, frameSize(payload), nil
}

// PutFrame writes a whole frame into region: the header, m's payload of size
// bytes marshalled in place, and zero padding. Region must have exactly
// the size of the frame, or PutFrame panics; [Measure] returns both sizes.
//
// After an error the content of region is undefined and must not be sent. The
// error is a *[FrameError] if size exceeds OutboundBytesMax, or a *[MarshalError]
// if size is negative, m fails or m writes another number of bytes.
func PutFrame(region []byte, m Marshaler, size int) error {
	if err := checkOutbound(size); err != nil {
		return err
	}
	n, err := m.MarshalToSizedBufferVT(enclose(region, size))
	if n != size || err != nil {
		return &MarshalError{Size: size, Wrote: n, Err: err}
	}
	return nil
}

// enclose writes the header and the zero padding of a frame with a payload of size
// bytes to region and returns the capped slice between them for the payload, whose
// content it keeps. Region must have exactly frameSize(size) bytes, or enclose panics.
func enclose(region []byte, size int) (payload []byte) {
	if len(region) != frameSize(size) {
		panic("BUG: wire: region is not as long as the frame")
	}
	start := putHeader(region, size)
	end := start + size
	clear(region[end:])
	return region[start:end:end]
}

// AppendFrame appends a whole frame around payload to dst. It applies no limit.
func AppendFrame(dst, payload []byte) []byte {
	var header [HeaderBytesMax]byte
	n := putHeader(header[:], len(payload))
	dst = append(dst, header[:n]...)
	dst = append(dst, payload...)
	for n += len(payload); n < FrameBytesMin; n++ {
		dst = append(dst, 0)
	}
	return dst
}

// checkOutbound refuses sizes that may not be sent.
func checkOutbound(size int) error {
	if uint(size) <= OutboundBytesMax {
		return nil
	}
	if size < 0 {
		return &MarshalError{Size: size}
	}
	return &FrameError{Kind: ErrFrameTooLong, Length: uint64(size), Limit: OutboundBytesMax}
}
