#include "core/couch/networkworker.h"

#include "core/couch/onetimebody.h"
#include "core/couch/transfer.h"

#include <algorithm>
#include <utility>

namespace couch {

NetworkWorker::NetworkWorker(const NetworkOptions &options, const QNetworkProxy &proxy,
                             QString origin)
    : m_options(options)
    , m_origin(std::move(origin))
{
    for (QNetworkAccessManager *&manager : m_managers) {
        manager = new QNetworkAccessManager(this);
        manager->setProxy(proxy);
        manager->setRedirectPolicy(QNetworkRequest::ManualRedirectPolicy);
        manager->setAutoDeleteReplies(false);
    }
}

NetworkWorker::~NetworkWorker()
{
    const auto underWay = std::exchange(m_transfers, {});
    for (const auto &[exchange, transfer] : underWay)
        transfer->abort(std::nullopt);
    // Before the managers go, and before the members that transfers use.
    qDeleteAll(findChildren<Transfer *>(QString(), Qt::FindDirectChildrenOnly));
}

void NetworkWorker::start(const Order &order)
{
    QNetworkAccessManager *manager = leastBusyManager();
    QNetworkReply *reply = nullptr;
    switch (order.method) {
    case Request::Method::Get: reply = manager->get(order.request); break;
    case Request::Method::Head: reply = manager->head(order.request); break;
    case Request::Method::Post:
    case Request::Method::Put: reply = upload(*manager, order); break;
    case Request::Method::Delete: reply = manager->deleteResource(order.request); break;
    }
    m_transfers[order.exchange.get()] =
        new Transfer(*this, order.exchange, reply, order.request.url().path(QUrl::FullyEncoded));
}

QNetworkReply *NetworkWorker::upload(QNetworkAccessManager &manager, const Order &order)
{
    const bool isPost = order.method == Request::Method::Post;
    if (order.repeatable || order.body.isEmpty())
        return isPost ? manager.post(order.request, order.body)
                      : manager.put(order.request, order.body);
    QNetworkRequest request = order.request;
    request.setAttribute(QNetworkRequest::DoNotBufferUploadDataAttribute, true);
    request.setHeader(QNetworkRequest::ContentLengthHeader, order.body.size());
    auto *body = new OneTimeBody(order.body);
    QNetworkReply *reply = isPost ? manager.post(request, body) : manager.put(request, body);
    body->setParent(reply);
    return reply;
}

void NetworkWorker::resume(const Exchange *exchange)
{
    const auto found = m_transfers.find(exchange);
    if (found != m_transfers.end())
        found->second->pump();
}

void NetworkWorker::abort(const Exchange *exchange)
{
    const auto found = m_transfers.find(exchange);
    if (found != m_transfers.end())
        found->second->abort(std::nullopt);
}

void NetworkWorker::forget(const Exchange *exchange)
{
    m_transfers.erase(exchange);
}

QNetworkAccessManager *NetworkWorker::leastBusyManager()
{
    const auto load = [this](const QNetworkAccessManager *manager) {
        return std::count_if(
            m_transfers.cbegin(), m_transfers.cend(),
            [manager](const auto &entry) { return entry.second->manager() == manager; });
    };
    return *std::min_element(m_managers.begin(), m_managers.end(),
                             [&](auto *a, auto *b) { return load(a) < load(b); });
}

} // namespace couch
