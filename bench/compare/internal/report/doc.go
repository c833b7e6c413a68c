// Package report writes what was measured: as Markdown for terminals and documents, and as one
// self-contained page with pictures.
package report
