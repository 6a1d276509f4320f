#pragma once

#include "core/couch/exchange.h"
#include "core/couch/networktransport.h"

#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QNetworkRequest>
#include <QObject>

#include <array>
#include <atomic>
#include <memory>
#include <unordered_map>

namespace couch {

class Transfer;

/// Qt opens at most six connections to a host for each manager.
constexpr int kConnectionsPerManager = 6;
constexpr int kManagers = 2;

/// The network's side of the transport. Lives in the transport's thread, where all its functions
/// but the constructor run; owns the managers and the transfers under way.
class NetworkWorker : public QObject
{
    Q_OBJECT
public:
    struct Order {
        std::shared_ptr<Exchange> exchange;
        Request::Method method = Request::Method::Get;
        QNetworkRequest request;
        QByteArray body;
        bool repeatable = true; ///< Qt may send it again when the connection breaks
    };

    NetworkWorker(const NetworkOptions &options, const QNetworkProxy &proxy, QString origin);
    /// Whatever is under way ends as Cancelled.
    ~NetworkWorker() override;

    void start(const Order &order);
    void resume(const Exchange *exchange);
    void abort(const Exchange *exchange);
    void forget(const Exchange *exchange);

    [[nodiscard]] const NetworkOptions &options() const { return m_options; }
    [[nodiscard]] const QString &origin() const { return m_origin; }
    [[nodiscard]] std::uint64_t bytesReceived() const { return m_bytesReceived; }
    void countReceived(std::uint64_t bytes) { m_bytesReceived += bytes; }

private:
    QNetworkAccessManager *leastBusyManager();
    static QNetworkReply *upload(QNetworkAccessManager &manager, const Order &order);

    const NetworkOptions m_options;
    const QString m_origin;
    std::array<QNetworkAccessManager *, kManagers> m_managers{};
    std::unordered_map<const Exchange *, Transfer *> m_transfers;
    std::atomic<std::uint64_t> m_bytesReceived = 0;
};

} // namespace couch
