module github.com/smk-go/smk/plugin/smkcontrol

go 1.26.0

require github.com/smk-go/smk v0.0.0

require (
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/smk-go/smk => ../..
