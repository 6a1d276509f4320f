#pragma once

#include "core/serve/site.h"

namespace serve {

/// Finds the route of a request: tables of paths and methods in CouchDB's manner, everything else
/// is an error in CouchDB's form. Thread-safe.
class Router final : public Handler
{
public:
    explicit Router(Site site)
        : m_site(std::move(site))
    {
    }
    [[nodiscard]] Outcome handle(Request &request, Answer &answer) override;

private:
    Site m_site;
};

} // namespace serve
