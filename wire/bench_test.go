package wire

import (
	"encoding/binary"
	"testing"
)

const benchBytes = 64 << 10

// benchStreams are blocks of 64 KiB or a little less, full of frames.
func benchStreams(b *testing.B) map[string][]byte {
	streams := map[string][]byte{}
	all := vectors(b)
	for i := 0; ; i++ {
		frame := all[i*7%len(all)].frame
		if len(streams["mixed"])+len(frame) > benchBytes {
			break
		}
		streams["mixed"] = append(streams["mixed"], frame...)
	}
	for len(streams["equal"])+81 <= benchBytes {
		streams["equal"] = AppendFrame(streams["equal"], make([]byte, 80))
	}
	return streams
}

var benchNames = []string{"equal", "mixed"}

func perFrame(b *testing.B, frames int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(frames)/float64(b.N), "ns/frame")
}

// BenchmarkScan cuts a block of frames by Scan, by Buffer and by a plain loop
// over encoding/binary, which knows no limits and no padding.
func BenchmarkScan(b *testing.B) {
	for _, name := range benchNames {
		stream := benchStreams(b)[name]
		limits, _ := Limits{}.Resolve()
		want := len(twinScan(stream, limits).payloads)
		run := func(how string, f func() (frames, bytes int)) {
			b.Run(name+"/"+how, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(stream)))
				for b.Loop() {
					if frames, _ := f(); frames != want {
						b.Fatalf("%d frames, want %d", frames, want)
					}
				}
				perFrame(b, want)
			})
		}
		run("Scan", func() (frames, bytes int) {
			for rest := stream; ; {
				payload, n, err := Scan(rest, limits)
				if n == 0 || err != nil {
					return frames, bytes
				}
				frames++
				bytes += len(payload)
				rest = rest[n:]
			}
		})
		buffer := newBuffer(b, 0, Limits{})
		copy(buffer.Free(), stream)
		run("Buffer", func() (frames, bytes int) {
			buffer.Free()
			buffer.Filled(len(stream)) // the bytes are still there
			for {
				payload, err := buffer.Next()
				if payload == nil || err != nil {
					return frames, bytes
				}
				frames++
				bytes += len(payload)
			}
		})
		run("Uvarint", func() (frames, bytes int) {
			for rest := stream; ; {
				length, n := binary.Uvarint(rest)
				if n <= 0 || uint64(len(rest)-n) < length {
					return frames, bytes
				}
				payload := rest[n : n+int(length)]
				frames++
				bytes += len(payload)
				rest = rest[n+int(length):]
			}
		})
	}
}

// BenchmarkBufferChunks reads a stream of frames in pieces as a socket gives
// them, copying included.
func BenchmarkBufferChunks(b *testing.B) {
	stream := benchStreams(b)["mixed"]
	limits, _ := Limits{}.Resolve()
	want := len(twinScan(stream, limits).payloads)
	for _, c := range []struct {
		name  string
		chunk int
	}{{"122", 122}, {"1448", 1448}, {"16384", 16384}} {
		b.Run(c.name, func(b *testing.B) {
			buffer := newBuffer(b, 64<<10, Limits{})
			b.ReportAllocs()
			b.SetBytes(int64(len(stream)))
			for b.Loop() {
				frames := 0
				for rest := stream; len(rest) > 0; {
					n := copy(buffer.Free(), rest[:min(c.chunk, len(rest))])
					buffer.Filled(n)
					rest = rest[n:]
					for {
						payload, err := buffer.Next()
						if err != nil {
							b.Fatal(err)
						}
						if payload == nil {
							break
						}
						frames++
					}
				}
				if frames != want {
					b.Fatalf("%d frames, want %d", frames, want)
				}
			}
			perFrame(b, want)
		})
	}
}

func BenchmarkPutFrame(b *testing.B) {
	message := raw(make([]byte, 48))
	region := make([]byte, frameSize(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		size, frame, err := Measure(&message)
		if err != nil {
			b.Fatal(err)
		}
		if err := PutFrame(region[:frame], &message, size); err != nil {
			b.Fatal(err)
		}
	}
}
