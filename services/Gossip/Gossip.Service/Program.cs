using Holdfast.Gossip.Service;
using Holdfast.Hosting;

return await HoldfastProgram.RunAsync(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddHoldfastDefaults("gossip");
    builder.AddHoldfastBus();
    builder.AddGossip();
    var app = builder.Build();
    app.MapHoldfastDefaults();
    app.MapGossip();
    return app;
});
