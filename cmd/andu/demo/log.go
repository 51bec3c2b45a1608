package demo

import (
	"context"

	"andu/eventstore"
)

// log is the store of a demonstration, which nobody else writes to. It hands on what was appended, so that the office
// hears of it without reading the log again, and asks the database for nothing behind the end of a stream.
type log struct {
	eventstore.Store
	ends     map[string]int64 // last revisions of the streams that exist
	seen     eventstore.Position
	met      bool                // what stood in the log before was seen
	appended []eventstore.Record // since
}

// Append implements eventstore.Store.
func (s *log) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	done, err := s.Store.Append(ctx, stream, expected, events...)
	if err == nil {
		s.ends[stream] = done.Revision
		s.appended = append(s.appended, done.Records...)
	}
	return done, err
}

// Tip is the last revision of a stream: once the log was seen, every stream is known.
func (s *log) Tip(stream string) (revision int64, ok bool) {
	if revision, ok = s.ends[stream]; !ok && s.met {
		return eventstore.NoStream, true
	}
	return revision, ok
}

// Read implements eventstore.Store.
func (s *log) Read(ctx context.Context, stream string, from int64) ([]eventstore.Record, error) {
	if last, ok := s.Tip(stream); ok && last < from {
		return nil, nil
	}
	return s.Store.Read(ctx, stream, from)
}

// news are the events since the last time; what stood in the log before comes page by page.
func (s *log) news(ctx context.Context) ([]eventstore.Record, error) {
	if s.met {
		news := s.appended
		s.appended = nil
		if n := len(news); n > 0 {
			s.seen = news[n-1].Position
		}
		return news, nil
	}
	page, err := s.Store.ReadAll(ctx, s.seen, 2048)
	for _, rec := range page.Records {
		s.ends[rec.Header.Stream] = rec.Header.Revision
	}
	s.seen, s.met = page.Last(), err == nil && len(page.Records) == 0
	return page.Records, err
}
