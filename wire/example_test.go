package wire_test

import (
	"fmt"
	"strings"

	"github.com/smk-go/smk/wire"
)

// A driver reads into Free, says how much came, and drains Next.
func ExampleBuffer() {
	conn := strings.NewReader("\x05hello\x05world\x03and")

	b, err := wire.NewBuffer(0, wire.Limits{PayloadBytesMax: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	for {
		free := b.Free()
		n, err := conn.Read(free[:min(8, len(free))]) // a socket that delivers in pieces
		b.Filled(n)
		for {
			payload, err := b.Next()
			if err != nil {
				fmt.Println(err)
				return
			}
			if payload == nil {
				break
			}
			fmt.Printf("%s\n", payload)
		}
		if err != nil {
			break
		}
	}
	fmt.Printf("%+v\n", b.Stats())
	// Output:
	// hello
	// world
	// and
	// {Frames:3 Bytes:16 Empty:0 Moves:0 Large:0}
}

func ExampleScan() {
	block := []byte("\x02ab\x00\x05hello\x09part")
	for {
		payload, n, err := wire.Scan(block, wire.Limits{})
		if n == 0 || err != nil {
			fmt.Printf("%d bytes left, %v\n", len(block), err)
			return
		}
		fmt.Printf("%s\n", payload)
		block = block[n:]
	}
	// Output:
	// ab
	// hello
	// 5 bytes left, <nil>
}

// text is a message with the methods that vtprotobuf generates.
type text string

func (m text) SizeVT() int { return len(m) }

func (m text) MarshalToSizedBufferVT(b []byte) (int, error) {
	return copy(b[len(b)-len(m):], m), nil
}

func ExamplePutFrame() {
	size, frame, err := wire.Measure(text("hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	region := make([]byte, frame) // in production, room reserved in the send ring
	err = wire.PutFrame(region, text("hello"), size)
	fmt.Printf("%q %v\n", region, err)
	// Output: "\x05hello" <nil>
}
